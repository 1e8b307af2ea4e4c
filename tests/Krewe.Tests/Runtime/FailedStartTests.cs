using Krewe.Contracts;
using Krewe.Environments;
using Krewe.Learner;
using Krewe.Networks;
using Krewe.Runtime;

namespace Krewe.Tests;

/// <summary>A run that cannot be created leaves nothing behind.</summary>
[Collection(nameof(Alone))]
public sealed class FailedStartTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_session_whose_environments_cannot_be_created_releases_what_it_has(int failing)
    {
        // Those of the first actor, of the second, of the evaluations.
        List<CodedVectorEnvironment> made = [];
        EnvironmentRegistry registry = Sessions.With("Rare-v0", _ => default, vector: () =>
        {
            var environments = new CodedVectorEnvironment(count: 8, actions: 2, (_, _) => 5);
            made.Add(made.Count < failing - 1 ? environments : throw new TimeZoneNotFoundException("lost"));
            return environments;
        });
        TrainingOptions options = Sessions.Small("Rare-v0", deterministic: false);
        options.Actor.Count = 2;
        ReleasedNetwork? network = null;
        string[] before = Threads();
        using (RunFolder folder = RunFolder.Create(_folder["run"]))
        {
            Assert.Throws<TimeZoneNotFoundException>(() => new TrainingSession(
                options, registry, folder, createNetwork: (spec, learner, random) => network = new ReleasedNetwork(spec, learner, random)));
        }

        Assert.Equal(failing - 1, made.Count);
        Assert.All(made, environments => Assert.True(environments.Disposed));
        Assert.True(network is null or { IsDisposed: true }, "the network was left behind");
        Assert.Equal(before, Threads());
        RunFolder.Create(_folder["run"]).Dispose();
    }

    [Fact]
    public void Instances_are_disposed_when_a_later_one_cannot_be_created()
    {
        List<Counted> made = [];
        EnvironmentRegistry registry = EnvironmentRegistry.CreateDefault();
        registry.Register(new EnvironmentRegistration
        {
            Id = "Rare-v0",
            Create = _ =>
            {
                made.Add(made.Count < 3 ? new Counted() : throw new TimeZoneNotFoundException("lost"));
                return made[^1];
            },
        });
        Assert.ThrowsAny<Exception>(() => registry.MakeVector("Rare-v0", count: 8));
        Assert.Equal(3, made.Count);
        Assert.All(made, instance => Assert.True(instance.IsDisposed));
    }

    /// <summary>This process's threads that belong to runs, where the system names them.</summary>
    private static string[] Threads() => !OperatingSystem.IsLinux() ? [] :
    [
        .. from task in Directory.GetDirectories("/proc/self/task")
           let name = File.ReadAllText(Path.Combine(task, "comm"))
           where name.StartsWith("krewe-", StringComparison.Ordinal)
           select task,
    ];

    private sealed class Counted() : Environment<float>(new BoxSpace(0, 1, [2]), new DiscreteSpace(2))
    {
        public bool IsDisposed { get; private set; }

        public override StepResult Step(int action, Span<float> observation) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            IsDisposed = true;
            base.Dispose(disposing);
        }

        protected override void Reset(Span<float> observation) => observation.Clear();
    }

    /// <summary>A network that knows whether it was disposed.</summary>
    private sealed class ReleasedNetwork(NetworkSpec spec, LearnerOptions options, Pcg64 random) : INetwork
    {
        private readonly MlpNetwork _network = new(spec, options, random);

        public bool IsDisposed { get; private set; }

        public NetworkSpec Spec => _network.Spec;

        PolicySpec IQFunction.Spec => Spec;

        public int BlockRows => _network.BlockRows;

        public long Steps => _network.Steps;

        public INetworkUpdate CreateUpdate(IObjective objective, Func<long, Pcg64>? random = null) => _network.CreateUpdate(objective, random);

        public INetworkPass CreatePass() => _network.CreatePass();

        public float SumGradients(ReadOnlySpan<INetworkPass> passes) => _network.SumGradients(passes);

        public void Apply(INetworkPass pass, float norm, float learningRate) => _network.Apply(pass, norm, learningRate);

        public void UpdateTarget(float tau) => _network.UpdateTarget(tau);

        public void ReadParameters(Span<float> parameters) => _network.ReadParameters(parameters);

        public void WriteParameters(ReadOnlySpan<float> parameters) => _network.WriteParameters(parameters);

        public void Visit(IStateVisitor visitor) => _network.Visit(visitor);

        public void Forward(ReadOnlySpan<byte> observations, int count, Span<float> qValues) => _network.Forward(observations, count, qValues);

        public void Dispose()
        {
            IsDisposed = true;
            _network.Dispose();
        }
    }
}
