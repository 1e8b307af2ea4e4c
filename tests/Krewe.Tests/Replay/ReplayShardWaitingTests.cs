using Krewe.Contracts;
using Krewe.Replay;
using static Krewe.Tests.ReplayFixtures;

namespace Krewe.Tests;

/// <summary>
/// Waits are infinite where a wake-up must come: with a timeout, the last check before it expires would hide a lost wake-up.
/// </summary>
public class ReplayShardWaitingTests
{
    private static readonly RateLimiterSettings Tight = new()
    {
        MinSize = 4,
        SamplesPerInsert = 2,
        LargestInsert = 4,
        LargestSample = 8,
    };

    public static TheoryData<bool> BothKinds => new() { false, true };

    [Theory]
    [MemberData(nameof(BothKinds))]
    public void A_call_that_does_not_wait_returns_RateLimited_at_once(bool sharded)
    {
        (IReplay replay, _) = Make(sharded);
        var batch = new SampledBatch(Scalar, 8);
        Assert.Equal(SampleStatus.RateLimited, replay.TrySample(batch));

        FillUp(replay);

        Assert.Equal(AppendStatus.RateLimited, replay.TryAppend(Batch(Segment(steps: 4))));
        Assert.Equal(SampleStatus.Sampled, replay.TrySample(batch));
        Assert.Equal(TimeSpan.Zero, replay.GetStatistics().AppendWait);
    }

    [Theory]
    [MemberData(nameof(BothKinds))]
    public void A_wait_ends_with_its_timeout(bool sharded)
    {
        (IReplay replay, _) = Make(sharded);
        var wait = TimeSpan.FromMilliseconds(20);
        Assert.Equal(SampleStatus.RateLimited, replay.Sample(new SampledBatch(Scalar, 8), wait, CancellationToken.None));
        FillUp(replay);

        Assert.Equal(AppendStatus.RateLimited, replay.Append(Batch(Segment(steps: 4)), wait, CancellationToken.None));

        ReplayStatistics statistics = replay.GetStatistics();
        Assert.True(statistics.AppendWait >= wait && statistics.SampleWait >= wait, statistics.ToString());
        Assert.Throws<ArgumentOutOfRangeException>(
            () => replay.Append(Batch(Segment(steps: 1)), TimeSpan.FromMilliseconds(-5), CancellationToken.None));
    }

    [Theory]
    [MemberData(nameof(BothKinds))]
    public async Task A_sample_wakes_a_waiting_append_and_an_append_a_waiting_sample(bool sharded)
    {
        (IReplay replay, Func<int> waiting) = Make(sharded);
        var batch = new SampledBatch(Scalar, 8);
        Task<SampleStatus> sample = Run(() => replay.Sample(batch, Timeout.InfiniteTimeSpan, CancellationToken.None));
        WaitUntil(() => waiting() == 1, "the sample waits");
        FillUp(replay);
        Assert.Equal(SampleStatus.Sampled, await sample.WaitAsync(TestTimeout));

        FillUp(replay);
        Task<AppendStatus> append = Run(() => replay.Append(Batch(Segment(steps: 4)), Timeout.InfiniteTimeSpan, CancellationToken.None));
        WaitUntil(() => waiting() == 1, "the append waits");
        while (!append.IsCompleted && replay.TrySample(batch) == SampleStatus.Sampled)
        {
        }

        Assert.Equal(AppendStatus.Stored, await append.WaitAsync(TestTimeout));
    }

    [Theory]
    [MemberData(nameof(BothKinds))]
    public async Task Cancelling_ends_the_waits_of_both_sides(bool sharded)
    {
        (IReplay replay, Func<int> waiting) = Make(sharded);
        using var cancel = new CancellationTokenSource();
        Task<SampleStatus> sample = Run(() => replay.Sample(new SampledBatch(Scalar, 8), Timeout.InfiniteTimeSpan, cancel.Token));
        WaitUntil(() => waiting() == 1, "the sample waits");
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sample.WaitAsync(TestTimeout));

        FillUp(replay);
        using var cancelAppend = new CancellationTokenSource();
        Task<AppendStatus> append = Run(() => replay.Append(Batch(Segment(steps: 4)), Timeout.InfiniteTimeSpan, cancelAppend.Token));
        WaitUntil(() => waiting() == 1, "the append waits");
        long inserted = replay.GetStatistics().Inserted;
        await cancelAppend.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => append.WaitAsync(TestTimeout));
        Assert.Equal(inserted, replay.GetStatistics().Inserted);
        Assert.Equal(0, waiting());
        Assert.ThrowsAny<OperationCanceledException>(() => replay.Append(Batch(Segment(steps: 1)), Timeout.InfiniteTimeSpan, cancel.Token));
    }

    [Theory]
    [MemberData(nameof(BothKinds))]
    public async Task Closing_ends_every_wait(bool sharded)
    {
        (IReplay replay, Func<int> waiting) = Make(sharded);
        FillUp(replay);
        Task<AppendStatus>[] appends =
            [.. Enumerable.Range(0, 3).Select(_ => Run(() => replay.Append(Batch(Segment(steps: 4)), Timeout.InfiniteTimeSpan, CancellationToken.None)))];
        WaitUntil(() => waiting() == 3, "the appends wait");

        Close(replay);

        Assert.All(await Task.WhenAll(appends).WaitAsync(TestTimeout), status => Assert.Equal(AppendStatus.Closed, status));
        Assert.Equal(SampleStatus.Closed, replay.TrySample(new SampledBatch(Scalar, 8)));
        Assert.Equal(AppendStatus.Closed, replay.TryAppend(Batch(Segment(steps: 4))));
    }

    [Theory]
    [MemberData(nameof(BothKinds))]
    public async Task Completing_appends_ends_the_wait_of_a_sample_that_can_never_be_admitted(bool sharded)
    {
        (IReplay replay, Func<int> waiting) = Make(sharded);
        var batch = new SampledBatch(Scalar, 8);
        replay.TryAppend(Batch(Segment(steps: 4)));
        replay.TryAppend(Batch(Segment(steps: 4)));
        int samples = 0;
        while (replay.TrySample(batch) == SampleStatus.Sampled)
        {
            samples++;
        }

        Assert.True(samples > 0);
        Task<SampleStatus> late = Run(() => replay.Sample(new SampledBatch(Scalar, 8), Timeout.InfiniteTimeSpan, CancellationToken.None));
        WaitUntil(() => waiting() == 1, "the sample waits");

        Complete(replay);

        Assert.Equal(SampleStatus.Closed, await late.WaitAsync(TestTimeout));
        Assert.Equal(AppendStatus.Closed, replay.TryAppend(Batch(Segment(steps: 4))));
    }

    [Theory]
    [MemberData(nameof(BothKinds))]
    public void After_completing_samples_are_admitted_while_the_error_buffer_allows(bool sharded)
    {
        (IReplay replay, _) = Make(sharded);
        var batch = new SampledBatch(Scalar, 8);
        FillUp(replay);

        Complete(replay);

        Assert.Equal(SampleStatus.Sampled, replay.TrySample(batch));
        while (replay.TrySample(batch) is var status && status != SampleStatus.Closed)
        {
            Assert.Equal(SampleStatus.Sampled, status);
        }
    }

    [Theory]
    [MemberData(nameof(BothKinds))]
    public async Task A_large_append_is_not_overtaken_by_small_ones(bool sharded)
    {
        (IReplay replay, Func<int> waiting) = Make(sharded);
        FillUp(replay);
        Task<AppendStatus> large = Run(() => replay.Append(Batch(Segment(steps: 4)), Timeout.InfiniteTimeSpan, CancellationToken.None));
        WaitUntil(() => waiting() == 1, "the large append waits");

        // There is room for a small append, but it must not overtake the large one.
        replay.TrySample(new SampledBatch(Scalar, 3));
        Assert.Equal(AppendStatus.RateLimited, replay.TryAppend(Batch(Segment(steps: 1))));
        replay.TrySample(new SampledBatch(Scalar, 8));

        Assert.Equal(AppendStatus.Stored, await large.WaitAsync(TestTimeout));
    }

    [Theory]
    [MemberData(nameof(BothKinds))]
    public async Task An_expired_wait_makes_way_for_the_next_in_the_queue(bool sharded)
    {
        (IReplay replay, Func<int> waiting) = Make(sharded);
        FillUp(replay);
        Task<AppendStatus> large = Run(() => replay.Append(Batch(Segment(steps: 4)), TimeSpan.FromMilliseconds(300), CancellationToken.None));
        WaitUntil(() => waiting() == 1 || large.IsCompleted, "the large append waits");
        Task<AppendStatus> small = Run(() => replay.Append(Batch(Segment(steps: 1)), Timeout.InfiniteTimeSpan, CancellationToken.None));
        WaitUntil(() => waiting() == 2 || large.IsCompleted, "the small append waits behind it");

        replay.TrySample(new SampledBatch(Scalar, 3)); // room for the small append only

        Assert.Equal(AppendStatus.RateLimited, await large.WaitAsync(TestTimeout));
        Assert.Equal(AppendStatus.Stored, await small.WaitAsync(TestTimeout));
    }

    [Theory]
    [InlineData(false, 1)]
    [InlineData(true, 2)]
    [InlineData(false, 3)]
    [InlineData(true, 4)]
    public async Task Many_threads_never_deadlock_and_keep_the_ratio(bool sharded, int seed)
    {
        const int Actors = 4;
        const int AppendsEach = 400;
        (IReplay replay, _) = Make(sharded);
        int stored = 0;
        Task[] actors = [.. Enumerable.Range(0, Actors).Select(actor => Run(() =>
        {
            var batches = Enumerable.Range(1, 4).Select(steps => Batch(Segment(steps))).ToArray();
            for (int i = 0; i < AppendsEach; i++)
            {
                SegmentBatch batch = batches[(i + actor + seed) % 4];
                Assert.Equal(AppendStatus.Stored, replay.Append(batch, Timeout.InfiniteTimeSpan, CancellationToken.None));
                Interlocked.Add(ref stored, batch.StepCount);
            }

            return true;
        }))];
        Task<long>[] learners = [.. Enumerable.Range(1, 2).Select(learner => Run(() =>
        {
            var batch = new SampledBatch(Scalar, 4 * learner);
            long sampled = 0;
            while (replay.Sample(batch, Timeout.InfiniteTimeSpan, CancellationToken.None) is var status && status != SampleStatus.Closed)
            {
                Assert.Equal(SampleStatus.Sampled, status);
                sampled += batch.Count;
            }

            return sampled;
        }))];

        await Task.WhenAll(actors).WaitAsync(TestTimeout);
        Complete(replay);
        long[] sampledBy = await Task.WhenAll(learners).WaitAsync(TestTimeout);

        ReplayStatistics statistics = replay.GetStatistics();
        Assert.Equal((stored, sampledBy.Sum()), (statistics.Inserted, statistics.Sampled));
        double errorBuffer = new RateLimiter(Tight).ErrorBuffer;
        double drift = ((statistics.Inserted - Tight.MinSize) * Tight.SamplesPerInsert) - statistics.Sampled;
        // At the end no further batch can be sampled: the drift is at the lower edge.
        Assert.InRange(drift, -errorBuffer, -errorBuffer + 8);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Shards_lost_during_a_run_block_no_caller(int seed)
    {
        var front = new ShardedReplay([.. Enumerable.Range(0, 4).Select(j => Shard(capacity: 32, index: j))], Tight, (ulong)seed);
        int appends = 0;
        Task<AppendStatus>[] actors = [.. Enumerable.Range(0, 3).Select(actor => Run(() =>
        {
            SegmentBatch batch = Batch(Segment(steps: 2 + actor));
            AppendStatus status;
            do
            {
                status = front.Append(batch, Timeout.InfiniteTimeSpan, CancellationToken.None);
                Interlocked.Increment(ref appends);
            }
            while (status == AppendStatus.Stored);
            return status;
        }))];
        Task<SampleStatus> learner = Run(() =>
        {
            var batch = new SampledBatch(Scalar, 8);
            SampleStatus status;
            do
            {
                status = front.Sample(batch, Timeout.InfiniteTimeSpan, CancellationToken.None);
            }
            while (status == SampleStatus.Sampled);
            return status;
        });

        for (int lost = 0; lost < 4; lost++)
        {
            int sofar = Volatile.Read(ref appends);
            WaitUntil(() => Volatile.Read(ref appends) > sofar + 100, $"appends continue with {lost} shards lost");
            front.MarkLost((lost + seed) % 4);
        }

        Assert.Equal(SampleStatus.Closed, await learner.WaitAsync(TestTimeout));
        Assert.All(await Task.WhenAll(actors).WaitAsync(TestTimeout), status => Assert.Equal(AppendStatus.Closed, status));
        Assert.Equal(4, front.GetStatistics().ShardsLost);
    }

    [Theory]
    [MemberData(nameof(BothKinds))]
    public async Task Waits_that_are_cancelled_at_random_lose_and_block_nothing(bool sharded)
    {
        (IReplay replay, Func<int> waiting) = Make(sharded);
        int stored = 0;
        Task actor = Run(() =>
        {
            for (int i = 0; i < 300; i++)
            {
                using var cancel = new CancellationTokenSource();
                SegmentBatch batch = Batch(Segment(steps: 1 + (i % 4)));
                if (i % 3 == 0)
                {
                    cancel.CancelAfter(TimeSpan.FromMilliseconds(i % 2));
                }

                try
                {
                    Assert.Equal(AppendStatus.Stored, replay.Append(batch, Timeout.InfiniteTimeSpan, cancel.Token));
                    stored += batch.StepCount;
                }
                catch (OperationCanceledException)
                {
                }
            }

            return true;
        });
        var sampled = new SampledBatch(Scalar, 8);
        while (!actor.IsCompleted)
        {
            replay.Sample(sampled, TimeSpan.FromMilliseconds(1), CancellationToken.None);
        }

        await actor.WaitAsync(TestTimeout);
        Assert.Equal(stored, replay.GetStatistics().Inserted);
        Assert.Equal(0, waiting());
    }

    private static (IReplay Replay, Func<int> Waiting) Make(bool sharded)
    {
        if (!sharded)
        {
            PacedShard shard = Paced(capacity: 64, limiter: Tight);
            return (shard, () => shard.Waiting);
        }

        var front = new ShardedReplay([.. Enumerable.Range(0, 3).Select(j => Shard(capacity: 32, index: j))], Tight, seed: 1);
        return (front, () => front.Waiting);
    }

    private static void FillUp(IReplay replay)
    {
        while (replay.TryAppend(Batch(Segment(steps: 4))) == AppendStatus.Stored)
        {
        }

        while (replay.TryAppend(Batch(Segment(steps: 1))) == AppendStatus.Stored)
        {
        }
    }

    private static void Close(IReplay replay)
    {
        (replay as PacedShard)?.Close();
        (replay as ShardedReplay)?.Close();
    }

    private static void Complete(IReplay replay)
    {
        (replay as PacedShard)?.CompleteAppends();
        (replay as ShardedReplay)?.CompleteAppends();
    }

    /// <summary>Runs work on a dedicated thread, so that its start does not depend on the thread pool.</summary>
    private static Task<T> Run<T>(Func<T> work) =>
        Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
}
