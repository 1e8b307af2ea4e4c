using Krewe.Actors;
using Krewe.Contracts;
using Krewe.Environments;
using Krewe.Networks;



namespace Krewe.Tests;

/// <summary>An actor whose host collects a piece at a time and sends the batches itself.</summary>
public class ActorQuantumTests
{
    private const int Environments = 5;
    private const int SegmentLength = 12;
    private const int Window = Environments * SegmentLength;

    private readonly PolicyBoard _board;
    private readonly NetworkSpec _network;
    private readonly ActorOptions _options = new();

    public ActorQuantumTests()
    {
        _options.Environments = Environments;
        _options.SegmentLength = SegmentLength;
        _options.Epsilon = Schedule.Linear(initial: 1, final: 0, steps: 15 * Window);
        using IVectorEnvironment environment = EnvironmentRegistry.CreateDefault().MakeVector("CartPole-v1", 1);
        _network = new NetworkSpec(environment.ObservationSpace, [8], environment.ActionSpace.N);
        _board = new PolicyBoard(_network);
    }

    [Fact]
    public void What_is_collected_is_the_same_whatever_the_quantum()
    {
        List<byte[]> whole = CollectAll(Timeout.InfiniteTimeSpan, out int pieces, out RunCounters counters, out Pcg64State state);
        Assert.Equal((21, 0), (whole.Count, pieces));
        foreach (TimeSpan quantum in new[] { TimeSpan.Zero, TimeSpan.FromTicks(1), TimeSpan.FromDays(1) })
        {
            List<byte[]> batches = CollectAll(quantum, out pieces, out RunCounters others, out Pcg64State otherState);

            Assert.Equal(whole, batches);
            Assert.Equal((counters.EnvironmentSteps, counters.Episodes, state), (others.EnvironmentSteps, others.Episodes, otherState));
            if (quantum == TimeSpan.Zero)
            {
                // One step of every environment a piece; the last window is of a single one, complete at once.
                Assert.Equal(20 * (SegmentLength - 1), pieces);
            }
        }
    }

    [Fact]
    public void Steps_are_claimed_and_the_policy_taken_when_the_window_begins()
    {
        var counters = new RunCounters { Budget = 10 * Window };
        Publish(3);
        using ActorLoop actor = Make(counters);
        Assert.Equal(CollectStatus.Unfinished, actor.Collect(TimeSpan.Zero));
        Assert.Equal(9 * Window, counters.Remaining);
        Assert.Equal(0, counters.EnvironmentSteps);

        Publish(4);
        counters.Lease(0, 0); // the window that has begun is not affected
        Assert.True(actor.Collect());
        Assert.Equal((3L, Window), (actor.Batch.PolicyVersion, actor.Batch.StepCount));
        Assert.Equal(Window, counters.EnvironmentSteps);

        actor.Acknowledge();
        Assert.Equal(CollectStatus.Exhausted, actor.Collect(TimeSpan.Zero));
        Assert.False(actor.Collect());
        counters.Lease(5 * Window, (5 * Window) + 1);
        Assert.Equal(CollectStatus.Complete, actor.Collect(TimeSpan.Zero));
        Assert.Equal((4L, Environments), (actor.Batch.PolicyVersion, actor.Batch.StepCount));
        Assert.Equal(1 - (5.0 / 15), actor.Epsilon, tolerance: 1e-12);
    }

    [Fact]
    public void There_is_a_batch_from_the_windows_end_to_its_acknowledgement()
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
    public void An_actor_made_again_goes_on_with_the_numbers_of_its_batches()
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
    public void Collecting_a_piece_allocates_nothing()
    {
        Publish(0);
        using ActorLoop actor = Make(new RunCounters());
        Pieces();
        long before = GC.GetAllocatedBytesForCurrentThread();
        Pieces();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Pieces()
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

    /// <summary>Collects 20 windows and one of a single step of every environment.</summary>
    private List<byte[]> CollectAll(TimeSpan quantum, out int pieces, out RunCounters counters, out Pcg64State state)
    {
        counters = new RunCounters { Budget = (20 * Window) + 1 };
        var batches = new List<byte[]>();
        Publish(0);
        using ActorLoop actor = Make(counters);
        pieces = 0;
        CollectStatus status;
        while ((status = actor.Collect(quantum)) != CollectStatus.Exhausted)
        {
            if (status == CollectStatus.Unfinished)
            {
                pieces++;
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
