using Krewe.Contracts;
using Krewe.Environments;
using Krewe.Runtime;
using Krewe.Tests;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Krewe.Cluster.Tests;

public class PrefetchingReplayTests
{
    private const int Batch = 8;
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_learner_that_does_not_wait_has_three_small_chunks_ahead_of_it()
    {
        RunPlan plan = Plan();
        var shard = new HeldShard(plan.Segments);
        var counters = new RunCounters();
        await using var replay = new PrefetchingReplay(plan, [shard], counters, NullLogger.Instance);
        var batch = new SampledBatch(plan.Segments, Batch);
        const int Chunk = 4 * Batch;
        for (int i = 0; i < 3; i++)
        {
            Answer();
        }

        for (int taken = Batch; taken <= 20 * Chunk; taken += Batch)
        {
            Assert.Equal(0, shard.Pending);
            Assert.Equal(SampleStatus.Sampled, replay.Sample(batch, TimeSpan.Zero, CancellationToken.None));
            if (taken % Chunk == 0)
            {
                // Consumed chunks are requested again before the learner runs short.
                Answer();
            }
        }

        Assert.InRange(shard.MostPending, 1, 3);

        void Answer()
        {
            Wait(() => shard.Pending > 0);
            Assert.Equal(Chunk, shard.Answer());
            Wait(() => counters.EnvironmentSteps == shard.Rows);
        }
    }

    [Fact]
    public async Task A_learner_that_waits_gets_larger_chunks_and_one_that_waits_longer_gets_more_of_them()
    {
        RunPlan plan = Plan();
        int largest = ShardPlan.ShardRows(plan);
        var time = new FakeTimeProvider();
        var shard = new HeldShard(plan.Segments);
        await using var replay = new PrefetchingReplay(plan, [shard], new RunCounters(), NullLogger.Instance, time);
        var learner = new HungryLearner(replay, shard);
        Assert.Equal(largest, learner.AnswerWaits(40));
        learner.Stop();
        FillUp(PrefetchDepth.Few);

        // Time passes while rows are available.
        time.Advance(PrefetchDepth.Window);
        learner.AnswerWaits(3);
        learner.Stop();
        FillUp(PrefetchDepth.Few);

        // As before, but time passes while the learner waits.
        learner.AnswerWaits(3, duringWait: () => time.Advance(PrefetchDepth.Window));
        learner.Stop();
        FillUp(PrefetchDepth.Many);

        // The last wait counts in the next window; then the depth is small again.
        time.Advance(PrefetchDepth.Trial);
        learner.AnswerWaits(1);
        learner.Stop();
        FillUp(PrefetchDepth.Many);
        time.Advance(PrefetchDepth.Trial);
        learner.AnswerWaits(40);
        learner.Stop();
        FillUp(PrefetchDepth.Few);

        void FillUp(int chunks)
        {
            // The learner may have taken some of the first rows.
            while (shard.Rows - learner.Taken <= (chunks - 1) * largest)
            {
                Wait(() => shard.Pending > 0);
                shard.Answer();
            }

            Assert.InRange(shard.Rows - learner.Taken, ((chunks - 1) * largest) + 1, chunks * largest);
            Assert.Equal(0, shard.Pending);
        }
    }

    [Theory]
    [InlineData(0, 100)]
    [InlineData(60, 60)]
    public async Task Steps_stored_before_the_first_request_are_counted_by_the_first_learner_only(long counted, long expected)
    {
        // The first learner publishes before it has reached all shards, and actors do not wait for that.
        RunPlan plan = Plan();
        var shard = new HeldShard(plan.Segments) { StoredBefore = 100 };
        var counters = new RunCounters { EnvironmentSteps = counted };
        await using var replay = new PrefetchingReplay(plan, [shard], counters, NullLogger.Instance);
        Wait(() => shard.Pending > 0);
        int rows = shard.Answer();
        Wait(() => counters.EnvironmentSteps > counted);
        Assert.Equal(expected + rows, counters.EnvironmentSteps);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(8)]
    public async Task A_single_shard_can_fill_a_mini_batch_when_no_other_answers(int shards)
    {
        RunPlan plan = Plan(shards);
        HeldShard[] held = [.. Enumerable.Range(0, shards).Select(_ => new HeldShard(plan.Segments))];
        await using var replay = new PrefetchingReplay(plan, held, new RunCounters(), NullLogger.Instance);
        var batch = new SampledBatch(plan.Segments, Batch);
        Task<SampleStatus> sampled = Task.Factory.StartNew(
            () => replay.Sample(batch, Timeout, CancellationToken.None), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        while (held[0].Rows < Batch)
        {
            Wait(() => held[0].Pending > 0);
            Assert.Equal(Batch / shards, held[0].Answer(least: true));
        }

        Assert.Equal(SampleStatus.Sampled, await sampled);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0.6)]
    public async Task Priorities_are_used_as_planned_and_sent_to_their_shard(double exponent)
    {
        RunPlan plan = Plan(shards: 2, priorityExponent: exponent);
        HeldShard[] held = [new HeldShard(plan.Segments), new HeldShard(plan.Segments)];
        await using var replay = new PrefetchingReplay(plan, held, new RunCounters(), NullLogger.Instance);

        Assert.Equal(exponent > 0, replay.UsesPriorities);
        replay.UpdatePriorities([0, 0, 1], [5, 6, 7], [1, 2, 3]);
        for (int request = 0; request < 10; request++)
        {
            foreach (HeldShard shard in held)
            {
                Take(shard);
            }
        }

        Assert.Equal((2, 1), (held[0].Priorities, held[1].Priorities));
        Assert.Equal(0, replay.GetStatistics().StaleUpdates);

        void Take(HeldShard shard)
        {
            Wait(() => shard.Pending > 0);
            for (int rows = shard.Answer(); rows > 0; rows -= Batch)
            {
                Assert.Equal(SampleStatus.Sampled, replay.Sample(new SampledBatch(plan.Segments, Batch), Timeout, CancellationToken.None));
            }
        }
    }

    [Fact]
    public async Task Priorities_ride_on_one_request_and_are_counted_when_it_fails_or_too_many_wait()
    {
        RunPlan plan = Plan(priorityExponent: 0.6);
        int capacity = (PrefetchDepth.Many + 1) * ShardPlan.ShardRows(plan);
        var shard = new HeldShard(plan.Segments);
        await using var replay = new PrefetchingReplay(plan, [shard], new RunCounters(), NullLogger.Instance);
        Wait(() => shard.Pending == PrefetchDepth.Few);
        await Task.Run(() => Send(capacity + 5));
        Assert.Equal((0, 5), (shard.Priorities, replay.GetStatistics().StaleUpdates));

        // The next request takes all that wait, and fails.
        shard.Fail();
        Wait(() => shard.Priorities == capacity && shard.Pending == PrefetchDepth.Few);
        for (int i = 0; i < PrefetchDepth.Few; i++)
        {
            shard.Fail();
        }

        Wait(() => replay.GetStatistics().StaleUpdates == capacity + 5);
        Assert.Equal(capacity, shard.Priorities);

        void Send(int updates)
        {
            for (int i = 0; i < updates; i++)
            {
                replay.UpdatePriorities([0], [i], [3]);
            }
        }
    }

    /// <summary>A thread that takes mini-batches as fast as they are available.</summary>
    private sealed class HungryLearner(PrefetchingReplay replay, HeldShard shard)
    {
        private readonly SampledBatch _batch = new(Plan().Segments, Batch);
        private Thread? _thread;
        private long _taken;
        private bool _isOver;

        public long Taken => Interlocked.Read(ref _taken);

        private void Start()
        {
            Volatile.Write(ref _isOver, false);
            _thread = new Thread(() =>
            {
                while (!Volatile.Read(ref _isOver) && replay.Sample(_batch, Timeout, CancellationToken.None) == SampleStatus.Sampled)
                {
                    Interlocked.Add(ref _taken, Batch);
                }
            });
            _thread.Start();
        }

        /// <summary>Lets the learner wait a number of times, and answers each wait.</summary>
        /// <returns>Rows of the last answer.</returns>
        public int AnswerWaits(int waits, Action? duringWait = null)
        {
            if (_thread is null)
            {
                Start();
            }

            int rows = 0;
            for (int i = 0; i < waits; i++)
            {
                // It waits because no rows are left, not for the lock while rows are available.
                Wait(() => shard.Rows - Taken < Batch && _thread!.ThreadState.HasFlag(ThreadState.WaitSleepJoin) && shard.Pending > 0);
                duringWait?.Invoke();
                rows = shard.Answer();
            }

            return rows;
        }

        public void Stop()
        {
            Volatile.Write(ref _isOver, true);
            while (!_thread!.Join(TimeSpan.FromMilliseconds(1)))
            {
                // The thread notices once it has received something.
                if (shard.Pending > 0 && shard.Rows - Taken < Batch)
                {
                    shard.Answer();
                }
            }

            _thread = null;
        }
    }

    private static RunPlan Plan(int shards = 1, double priorityExponent = 0)
    {
        TrainingOptions options = Sessions.Small("CartPole-v1", deterministic: false);
        options.Replay.Shards = shards;
        options.Replay.PriorityExponent = priorityExponent;
        options.Learner.BatchSize = Batch;
        return RunPlan.Create(options, EnvironmentRegistry.CreateDefault());
    }

    private static void Wait(Func<bool> holds) => Assert.True(SpinWait.SpinUntil(holds, Timeout));
}
