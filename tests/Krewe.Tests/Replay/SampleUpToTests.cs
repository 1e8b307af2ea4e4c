using Krewe.Contracts;
using Krewe.Replay;
using static Krewe.Tests.ReplayFixtures;

namespace Krewe.Tests;

public class SampleUpToTests
{
    private static readonly RateLimiterSettings Limits = new() { MinSize = 10, ErrorBuffer = 10, LargestInsert = 10, LargestSample = 8 };

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void It_returns_exactly_what_the_limiter_admits(ulong seed)
    {
        var random = new Pcg64(seed);
        for (int round = 0; round < 100; round++)
        {
            var settings = new RateLimiterSettings
            {
                MinSize = 1 + random.NextInt(30),
                SamplesPerInsert = Math.Exp(random.NextUniform(-2, 3)),
                LargestInsert = 1 + random.NextInt(20),
                LargestSample = 1 + random.NextInt(40),
            };
            var twin = new RateLimiter(settings);
            PacedShard shard = Paced(capacity: 50, limiter: settings, seed: seed);
            int given = 0;
            for (int i = 0; i < 200; i++)
            {
                int steps = 1 + random.NextInt(settings.LargestInsert);
                if (shard.TryAppend(Batch(Segment(steps, first: 100 * i))) == AppendStatus.Stored)
                {
                    twin.Insert(steps);
                }

                var batch = new SampledBatch(Scalar, 1 + random.NextInt(60));
                int minimum = 1 + random.NextInt(Math.Min(batch.Capacity, settings.LargestSample));
                long expected = Math.Min(twin.Samplable, Math.Min(batch.Capacity, settings.LargestSample));
                SampleStatus status = shard.SampleUpTo(batch, minimum, batch.Capacity);
                Assert.Equal(expected >= minimum ? SampleStatus.Sampled : SampleStatus.RateLimited, status);
                if (status == SampleStatus.Sampled)
                {
                    Assert.Equal(expected, batch.Count);
                    twin.Sample(batch.Count);
                    given += batch.Count;
                    CheckRows(batch, shard.Size);
                }
            }

            Assert.True(given > 0, "no samples were returned");
            Assert.Equal(given, shard.GetStatistics().Sampled);
        }
    }

    [Fact]
    public void Without_a_limiter_it_fills_the_batch_once_something_is_stored()
    {
        PacedShard shard = Paced(capacity: 50);
        var batch = new SampledBatch(Scalar, 20);
        Assert.Equal(SampleStatus.RateLimited, shard.SampleUpTo(batch, 1, batch.Capacity));
        shard.TryAppend(Batch(Segment(steps: 3)));
        Assert.Equal(SampleStatus.Sampled, shard.SampleUpTo(batch, 1, batch.Capacity));
        Assert.Equal((20, 3L), (batch.Count, batch.TableSize));
    }

    [Fact]
    public void A_rate_limited_call_changes_nothing()
    {
        PacedShard shard = Paced(capacity: 50, limiter: Limits);
        var batch = new SampledBatch(Scalar, 20);
        batch.Resize(5);
        batch.Positions.Fill(77);
        byte[] before = batch.Bytes.ToArray();
        shard.TryAppend(Batch(Segment(steps: 9)));

        Assert.Equal(SampleStatus.RateLimited, shard.SampleUpTo(batch, 1, batch.Capacity));

        Assert.Equal(before, batch.Bytes.ToArray());
        Assert.Equal(0, shard.GetStatistics().Sampled);
    }

    [Fact]
    public void Once_appends_are_complete_it_returns_the_rest_and_then_Closed()
    {
        PacedShard shard = Paced(capacity: 50, limiter: Limits);
        shard.TryAppend(Batch(Segment(steps: 10)));
        shard.TryAppend(Batch(Segment(steps: 2)));
        shard.CompleteAppends();
        var batch = new SampledBatch(Scalar, 8);
        Assert.Equal(SampleStatus.Sampled, shard.SampleUpTo(batch, 8, batch.Capacity)); // drift 2: 12 are admitted
        Assert.Equal(SampleStatus.Closed, shard.SampleUpTo(batch, 5, batch.Capacity));
        Assert.Equal(SampleStatus.Sampled, shard.SampleUpTo(batch, 1, batch.Capacity));
        Assert.Equal(4, batch.Count);
        Assert.Equal(SampleStatus.Closed, shard.SampleUpTo(batch, 1, batch.Capacity));
    }

    [Fact]
    public void A_closed_shard_returns_Closed()
    {
        PacedShard shard = Paced(capacity: 50);
        shard.TryAppend(Batch(Segment(steps: 10)));
        shard.Close();
        Assert.Equal(SampleStatus.Closed, shard.SampleUpTo(new SampledBatch(Scalar, 8), 1, 8));
    }

    [Fact]
    public async Task A_large_sample_that_waits_is_not_overtaken()
    {
        PacedShard shard = Paced(capacity: 50, limiter: Limits);
        shard.TryAppend(Batch(Segment(steps: 10)));
        shard.SampleUpTo(new SampledBatch(Scalar, 4), 4, 4); // 6 more would be admitted
        Task<SampleStatus> waiting = Task.Run(() => shard.Sample(new SampledBatch(Scalar, 8), TestTimeout, CancellationToken.None));
        WaitUntil(() => shard.Waiting == 1, "the large sample waits");

        Assert.Equal(SampleStatus.RateLimited, shard.SampleUpTo(new SampledBatch(Scalar, 4), 1, 4));

        shard.TryAppend(Batch(Segment(steps: 4)));
        Assert.Equal(SampleStatus.Sampled, await waiting.WaitAsync(TestTimeout));
    }

    [Fact]
    public void Invalid_arguments_are_refused()
    {
        PacedShard shard = Paced(capacity: 50, limiter: Limits);
        Assert.Equal(8, shard.LargestSample);
        Assert.Throws<ArgumentOutOfRangeException>(() => shard.SampleUpTo(new SampledBatch(Scalar, 4), 0, 4));
        Assert.Throws<ArgumentOutOfRangeException>(() => shard.SampleUpTo(new SampledBatch(Scalar, 4), 5, 4));
        Assert.Throws<ArgumentException>(() => shard.SampleUpTo(new SampledBatch(Scalar, 20), 9, 20));
        Assert.Throws<ArgumentException>(() => shard.SampleUpTo(new SampledBatch(new SegmentSpec(ElementType.UInt8, 1, 2), 4), 1, 4));
        Assert.Throws<ArgumentException>(() => Shard(capacity: 50).TrySample(new SampledBatch(Scalar, 4), 3, 2));
        Assert.Equal(0, shard.GetStatistics().Sampled);
    }

    [Fact]
    public void It_allocates_nothing()
    {
        PacedShard shard = Paced(capacity: 50);
        shard.TryAppend(Batch(Segment(steps: 30)));
        var batch = new SampledBatch(Scalar, 20);
        shard.SampleUpTo(batch, 1, batch.Capacity);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 1; i <= 20; i++)
        {
            batch.Resize(i);
            shard.SampleUpTo(batch, i, batch.Capacity);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static void CheckRows(SampledBatch batch, long tableSize)
    {
        Assert.Equal(tableSize, batch.TableSize);
        for (int i = 0; i < batch.Count; i++)
        {
            Row row = Row.Of(batch, i);
            Assert.Equal((row.Observation, (int)row.Observation % 1000, row.Observation + 1), (row.Return, row.Action, row.Next));
            Assert.Equal((1f, 0), (batch.Weights[i], batch.Shards[i]));
        }
    }
}
