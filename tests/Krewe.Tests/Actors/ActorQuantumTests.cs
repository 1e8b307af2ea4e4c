using Krewe.Actors;
using Krewe.Contracts;
using Krewe.Environments;
using Krewe.Networks;

namespace Krewe.Tests;

/// <summary>Tests an actor whose host collects in bounded slices and sends the batches itself.</summary>
public class ActorQuantumTests
{
    private const int Environments = 5;
    private const int SegmentLength = 12;
    private const int RolloutSteps = Environments * SegmentLength;

    private readonly PolicyBoard _board;
    private readonly NetworkSpec _network;
    private readonly ActorOptions _options = new();

    public ActorQuantumTests()
    {
        _options.Environments = Environments;
        _options.SegmentLength = SegmentLength;
        _options.Epsilon = Schedule.Linear(initial: 1, final: 0, steps: 15 * RolloutSteps);
        using IVectorEnvironment environment = EnvironmentRegistry.CreateDefault().MakeVector("CartPole-v1", 1);
        _network = new NetworkSpec(environment.ObservationSpace, [8], ((DiscreteSpace)environment.ActionSpace).N);
        _board = new PolicyBoard(_network);
    }

    [Fact]
    public void The_quantum_does_not_affect_what_is_collected()
    {
        List<byte[]> whole = CollectAll(Timeout.InfiniteTimeSpan, out int slices, out RunCounters counters, out Pcg64State state);
        Assert.Equal((21, 0), (whole.Count, slices));
        foreach (TimeSpan quantum in new[] { TimeSpan.Zero, TimeSpan.FromTicks(1), TimeSpan.FromDays(1) })
        {
            List<byte[]> batches = CollectAll(quantum, out slices, out RunCounters others, out Pcg64State otherState);

            Assert.Equal(whole, batches);
            Assert.Equal((counters.EnvironmentSteps, counters.Episodes, state), (others.EnvironmentSteps, others.Episodes, otherState));
            if (quantum == TimeSpan.Zero)
            {
                // One step of every environment per slice; the last rollout has a single step and is complete at once.
                Assert.Equal(20 * (SegmentLength - 1), slices);
            }
        }
    }

    [Fact]
    public void Steps_are_claimed_and_the_policy_is_taken_when_the_rollout_begins()
    {
        var counters = new RunCounters { Budget = 10 * RolloutSteps };
        Publish(3);
        using ActorLoop actor = Make(counters);
        Assert.Equal(CollectStatus.Unfinished, actor.Collect(TimeSpan.Zero));
        Assert.Equal(9 * RolloutSteps, counters.Remaining);
        Assert.Equal(0, counters.EnvironmentSteps);

        Publish(4);
        counters.Lease(0, 0); // the current rollout is not affected
        Assert.True(actor.Collect());
        Assert.Equal((3L, RolloutSteps), (actor.Batch.PolicyVersion, actor.Batch.StepCount));
        Assert.Equal(RolloutSteps, counters.EnvironmentSteps);

        actor.Acknowledge();
        Assert.Equal(CollectStatus.Exhausted, actor.Collect(TimeSpan.Zero));
        Assert.False(actor.Collect());
        counters.Lease(5 * RolloutSteps, (5 * RolloutSteps) + 1);
        Assert.Equal(CollectStatus.Complete, actor.Collect(TimeSpan.Zero));
        Assert.Equal((4L, Environments), (actor.Batch.PolicyVersion, actor.Batch.StepCount));
        Assert.Equal(1 - (5.0 / 15), actor.Epsilon, tolerance: 1e-12);
    }

    [Fact]
    public void A_batch_exists_from_the_end_of_the_rollout_to_its_acknowledgement()
    {
        Publish(0);
        using ActorLoop actor = Make(new RunCounters());
        Assert.Throws<InvalidOperationException>(() => actor.Batch);
        Assert.Throws<InvalidOperationException>(actor.Acknowledge);
        Assert.Throws<InvalidOperationException>(() => actor.Push(TimeSpan.Zero, CancellationToken.None));
        actor.Collect(TimeSpan.Zero);
        Assert.Throws<InvalidOperationException>(() => actor.Batch);
        actor.Collect();
        Assert.Equal(0, actor.Batch.Sequence);
        Assert.Throws<InvalidOperationException>(() => actor.Collect(TimeSpan.Zero));
        actor.Acknowledge();
        Assert.Throws<InvalidOperationException>(() => actor.Batch);
        actor.Collect();
        Assert.Equal(1, actor.Batch.Sequence);
    }

    [Fact]
    public void A_recreated_actor_continues_the_sequence_numbers_of_its_batches()
    {
        Publish(0);
        using ActorLoop actor = Make(new RunCounters(), firstSequence: 41);
        actor.Collect();
        Assert.Equal(41, actor.Batch.Sequence);
        actor.Acknowledge();
        actor.Collect();
        Assert.Equal(42, actor.Batch.Sequence);
        Assert.Throws<ArgumentOutOfRangeException>(() => Make(new RunCounters(), firstSequence: -1));
    }

    [Fact]
    public void A_negative_quantum_is_refused()
    {
        Publish(0);
        using ActorLoop actor = Make(new RunCounters());
        Assert.Throws<ArgumentOutOfRangeException>(() => actor.Collect(TimeSpan.FromSeconds(-2)));
    }

    [Fact]
    public void Collecting_a_slice_allocates_nothing()
    {
        Publish(0);
        using ActorLoop actor = Make(new RunCounters());
        Slices();
        long before = GC.GetAllocatedBytesForCurrentThread();
        Slices();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Slices()
        {
            for (int i = 0; i < 3 * SegmentLength; i++)
            {
                if (actor.Collect(TimeSpan.Zero) == CollectStatus.Complete)
                {
                    actor.Acknowledge();
                }
            }
        }
    }

    /// <summary>Collects 20 rollouts and one with a single step of every environment.</summary>
    private List<byte[]> CollectAll(TimeSpan quantum, out int slices, out RunCounters counters, out Pcg64State state)
    {
        counters = new RunCounters { Budget = (20 * RolloutSteps) + 1 };
        var batches = new List<byte[]>();
        Publish(0);
        using ActorLoop actor = Make(counters);
        slices = 0;
        CollectStatus status;
        while ((status = actor.Collect(quantum)) != CollectStatus.Exhausted)
        {
            if (status == CollectStatus.Unfinished)
            {
                slices++;
                continue;
            }

            batches.Add(actor.Batch.Bytes.ToArray());
            actor.Acknowledge();
        }

        state = actor.RandomState;
        return batches;
    }

    private void Publish(long version)
    {
        var parameters = new float[_network.ParameterCount];
        var random = new Pcg64(7);
        foreach (ref float parameter in parameters.AsSpan())
        {
            parameter = (float)random.NextUniform(-1, 1);
        }

        _board.Publish(version, parameters);
    }

    private ActorLoop Make(RunCounters counters, long firstSequence = 0) => new(
        actorId: 2,
        _options,
        EnvironmentRegistry.CreateDefault().MakeVector("CartPole-v1", Environments),
        new CheckingReplay(Environments, actorId: 2, (_, _) => 1),
        _board,
        counters,
        new EpisodeTracker(),
        new Pcg64(0).State,
        firstSequence);
}
