using Krewe.Cluster.Learning;
using Krewe.Cluster.Shards;
using Krewe.Contracts.Options;
using Krewe.Contracts.Replay;
using Krewe.Contracts.Runs;
using Krewe.Environments;
using Krewe.Hosting;
using Krewe.Tests.Runtime;
using Microsoft.Extensions.Logging.Abstractions;

namespace Krewe.Cluster.Tests.Learning;

public class PrefetchingReplayTests
{
    private const int Batch = 8;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

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
                // What has been used up is asked for again before the learner could miss it.
                Answer();
            }
        }

        Assert.InRange(shard.MostPending, 1, 2);

        void Answer()
        {
            Wait(() => shard.Pending > 0);
            Assert.Equal(Chunk, shard.Answer());
            Wait(() => counters.EnvironmentSteps == shard.Rows);
        }
    }

    [Fact]
    public async Task A_learner_that_waits_gets_larger_chunks_up_to_a_bound()
    {
        RunPlan plan = Plan();
        int largest = ShardPlan.ShardRows(plan);
        var shard = new HeldShard(plan.Segments);
        await using var replay = new PrefetchingReplay(plan, [shard], new RunCounters(), NullLogger.Instance);
        long taken = 0;
        bool isOver = false;
        var learner = new Thread(() =>
        {
            var batch = new SampledBatch(plan.Segments, Batch);
            while (!Volatile.Read(ref isOver) && replay.Sample(batch, Patience, CancellationToken.None) == SampleStatus.Sampled)
            {
                Interlocked.Add(ref taken, Batch);
            }
        });
        learner.Start();
        int chunk = 0;
        for (int waits = 0; waits < 40; waits++)
        {
            // Asleep with nothing left, not for the lock with chunks still to take.
            Wait(() => shard.Rows - Interlocked.Read(ref taken) < Batch && learner.ThreadState.HasFlag(ThreadState.WaitSleepJoin) && shard.Pending > 0);
            chunk = shard.Answer();
        }

        Assert.Equal(largest, chunk);

        Volatile.Write(ref isOver, true);
        Wait(() => shard.Pending > 0);
        shard.Answer();
        learner.Join();

        while (shard.Rows - taken <= 2 * largest)
        {
            Wait(() => shard.Pending > 0);
            shard.Answer();
        }

        // Three chunks are here, of which the learner may have taken some of the first.
        Assert.InRange(shard.Rows - taken, (2 * largest) + 1, 3 * largest);
        Assert.InRange(shard.MostPending, 1, 2);
        Assert.Equal(0, shard.Pending);
    }

    [Theory]
    [InlineData(0, 100)]
    [InlineData(60, 60)]
    public async Task What_a_shard_stored_before_it_was_met_is_the_first_learners_and_not_a_later_ones(long counted, long expected)
    {
        // The first one publishes while it meets the shards, and actors do not wait for that.
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
    public async Task One_shard_of_many_gives_a_mini_batch_when_no_other_gives_anything(int shards)
    {
        RunPlan plan = Plan(shards);
        HeldShard[] held = [.. Enumerable.Range(0, shards).Select(_ => new HeldShard(plan.Segments))];
        await using var replay = new PrefetchingReplay(plan, held, new RunCounters(), NullLogger.Instance);
        var batch = new SampledBatch(plan.Segments, Batch);
        Task<SampleStatus> sampled = Task.Factory.StartNew(
            () => replay.Sample(batch, Patience, CancellationToken.None), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        while (held[0].Rows < Batch)
        {
            Wait(() => held[0].Pending > 0);
            Assert.Equal(Batch / shards, held[0].Answer(least: true));
        }

        Assert.Equal(SampleStatus.Sampled, await sampled);
    }

    private static RunPlan Plan(int shards = 1)
    {
        TrainingOptions options = Sessions.Small("CartPole-v1", deterministic: false);
        options.Replay.Shards = shards;
        options.Learner.BatchSize = Batch;
        return RunPlan.Create(options, EnvironmentRegistry.CreateDefault());
    }

    private static void Wait(Func<bool> holds) => Assert.True(SpinWait.SpinUntil(holds, Patience));
}
