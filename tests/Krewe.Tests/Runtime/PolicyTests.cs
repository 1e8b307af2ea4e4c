using System.Runtime.InteropServices;
using Krewe.Actors;
using Krewe.Contracts;
using Krewe.Environments;
using Krewe.Networks;
using Krewe.Runtime;

namespace Krewe.Tests;

public sealed class PolicyTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("CartPole-v1")]
    [InlineData("FrozenLake-v1")]
    public void A_loaded_policy_plays_an_episode_as_the_evaluator_does(string id)
    {
        const ulong Seed = 5;
        EnvironmentRegistry registry = EnvironmentRegistry.CreateDefault();
        Checkpoint checkpoint = Random(id, registry, seed: 3);
        CheckpointFolder.Write(Path.Combine(_folder["run"], "best"), checkpoint);
        using var evaluator = new Evaluator(registry.MakeVector(id, 1), checkpoint.State.Policy, checkpoint.Options.Agent.Kind, maxEpisodeSteps: 1_000);
        EvaluationResult expected = evaluator.Run(checkpoint.State.Parameters, episodes: 1, epsilon: 0, Seed, CancellationToken.None);

        using Policy policy = Policy.Load(_folder["run"]);
        Assert.Equal((id, checkpoint.State.Policy.ActionCount), (policy.EnvironmentId, policy.ActionCount));
        using IVectorEnvironment environment = registry.MakeVector(id, 1);
        var buffers = new VectorBuffers(environment);
        buffers.Reset(Seed);
        double total = 0;
        int length = 0;
        do
        {
            int action = policy.ObservationType == ElementType.Int32
                ? policy.Act(MemoryMarshal.Read<int>(buffers.ObservationBytes))
                : policy.Act(buffers.Observations);
            buffers.Step([action]);
            total += buffers.Rewards[0];
            length++;
        }
        while ((buffers.Terminated[0] | buffers.Truncated[0]) == 0);
        Assert.Equal((expected.Mean, expected.MeanLength), (total, length));
    }

    [Fact]
    public void Q_values_are_those_of_the_network_and_the_action_is_the_first_of_the_largest()
    {
        EnvironmentRegistry registry = EnvironmentRegistry.CreateDefault();
        Checkpoint checkpoint = Random("CartPole-v1", registry, seed: 1);
        CheckpointFolder.Write(_folder["one"], checkpoint);
        using IQNetwork network = checkpoint.State.Policy.CreateNetwork();
        network.WriteParameters(checkpoint.State.Parameters);
        float[] observation = [0.1f, -0.2f, 0.3f, -0.4f];
        var expected = new float[2];
        network.Forward(MemoryMarshal.AsBytes<float>(observation), 1, expected);
        using Policy policy = Policy.Load(Path.Combine(_folder["one"], CheckpointFolder.WeightsFile));
        Assert.Equal(expected, policy.QValues(observation).ToArray());
        Assert.Equal(expected[1] > expected[0] ? 1 : 0, policy.Act(observation));

        Array.Clear(checkpoint.State.Parameters);
        CheckpointFolder.Write(_folder["zero"], checkpoint);
        using Policy equal = Policy.Load(_folder["zero"]);
        Assert.Equal(0, equal.Act(observation));
    }

    [Fact]
    public void An_observation_of_another_type_length_or_range_is_refused()
    {
        EnvironmentRegistry registry = EnvironmentRegistry.CreateDefault();
        CheckpointFolder.Write(_folder["floats"], Random("CartPole-v1", registry, seed: 1));
        CheckpointFolder.Write(_folder["index"], Random("FrozenLake-v1", registry, seed: 1));
        using Policy floats = Policy.Load(_folder["floats"]);
        using Policy index = Policy.Load(_folder["index"]);
        Assert.Contains("3 x Float32, expected 4 x Float32 for CartPole-v1", Assert.Throws<ArgumentException>(() => floats.Act([1f, 2f, 3f])).Message, StringComparison.Ordinal);
        Assert.Contains("observation[2] is NaN, expected 4 finite numbers for CartPole-v1", Assert.Throws<ArgumentException>(() => floats.Act([1f, 2f, float.NaN, 4f])).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => floats.QValues([float.PositiveInfinity, 2f, 3f, 4f]).Length);
        Assert.Throws<ArgumentException>(() => floats.Act(1));
        Assert.Throws<ArgumentException>(() => floats.Act(new byte[4]));
        Assert.Throws<ArgumentException>(() => index.Act([1f]));
        Assert.Contains("expected 0 to 15", Assert.Throws<ArgumentOutOfRangeException>(() => index.Act(16)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => index.Act(-1));
        Assert.Throws<InvalidOptionException>(() => Policy.Load(_folder["nothing"]));
    }

    [Fact]
    public void A_damaged_checkpoint_is_refused_or_gives_way_with_a_warning()
    {
        Checkpoint checkpoint = Random("CartPole-v1", EnvironmentRegistry.CreateDefault(), seed: 1);
        CheckpointFolder.Write(_folder["run/best"], checkpoint);
        CheckpointFolder.Write(_folder["run/last"], checkpoint);
        File.WriteAllText(_folder["run/best/weights.safetensors"], "torn");
        Assert.Throws<InvalidDataFormatException>(() => Policy.Load(_folder["run"]));
        List<string> warnings = [];
        using Policy policy = Policy.Load(_folder["run"], warnings.Add);
        Assert.EndsWith($"; {_folder["run/last"]} is used instead", Assert.Single(warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void A_checkpoint_that_is_being_replaced_gives_way_to_the_one_before_it()
    {
        CheckpointFolder.Write(_folder["run/best"], Random("CartPole-v1", EnvironmentRegistry.CreateDefault(), seed: 1));
        Directory.Move(_folder["run/best"], _folder["run/best.previous"]);
        using Policy policy = Policy.Load(_folder["run"]);
        Assert.Equal(2, policy.ActionCount);
    }

    private static Checkpoint Random(string id, EnvironmentRegistry registry, ulong seed)
    {
        TrainingOptions options = Sessions.Small(id);
        RunPlan plan = RunPlan.Create(options, registry);
        var state = new NetworkState((NetworkSpec)plan.Policy);
        var random = new Pcg64(seed);
        for (int i = 0; i < state.Online.Length; i++)
        {
            state.Online[i] = (float)random.NextUniform(-1, 1);
        }

        return Checkpoints.Distinct() with { State = state.ToState(), Options = options };
    }
}
