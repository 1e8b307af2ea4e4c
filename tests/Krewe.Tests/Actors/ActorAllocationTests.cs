using Krewe.Actors;
using Krewe.Contracts;
using Krewe.Environments;
using Krewe.Networks;

namespace Krewe.Tests;

public class ActorAllocationTests
{
    [Theory]
    [InlineData("CartPole-v1")]
    [InlineData("FrozenLake-v1")]
    public void A_rollout_allocates_nothing_after_the_first_ones(string environment)
    {
        using ActorLoop actor = Make(environment, out PolicyBoard board, out float[] parameters);
        Cycle(actor, board, parameters, version: 1);
        Cycle(actor, board, parameters, version: 2);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int version = 3; version < 10; version++)
        {
            Cycle(actor, board, parameters, version);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static void Cycle(ActorLoop actor, PolicyBoard board, float[] parameters, int version)
    {
        board.Publish(version, parameters);
        actor.Collect();
        actor.Push(TimeSpan.Zero, CancellationToken.None);
    }

    private static ActorLoop Make(string id, out PolicyBoard board, out float[] parameters)
    {
        var options = new ActorOptions { Epsilon = Schedule.Linear(initial: 1, final: 0, steps: 1_000) };
        IVectorEnvironment environment = EnvironmentRegistry.CreateDefault().MakeVector(id, options.Environments);
        var spec = new NetworkSpec(environment.ObservationSpace, [16], ((DiscreteSpace)environment.ActionSpace).N);
        board = new PolicyBoard(spec);
        parameters = new float[spec.ParameterCount];
        return new ActorLoop(actorId: 0, options, environment, new Sink(), board, new RunCounters(), new EpisodeTracker(), new Pcg64(0).State);
    }

    private sealed class Sink : IReplay
    {
        public AppendStatus Append(SegmentBatch batch, TimeSpan timeout, CancellationToken cancellationToken) => AppendStatus.Stored;

        public SampleStatus Sample(SampledBatch destination, TimeSpan timeout, CancellationToken cancellationToken) => SampleStatus.Closed;

        public bool UsesPriorities => false;

        public void UpdatePriorities(ReadOnlySpan<int> shards, ReadOnlySpan<long> positions, ReadOnlySpan<float> priorities)
        {
        }

        public ReplayStatistics GetStatistics() => default;
    }
}
