using Krewe.Contracts;
using Krewe.Replay;
using static Krewe.Tests.ReplayFixtures;


namespace Krewe.Tests;

public class SampleUpToTests
{
    private static readonly RateLimiterSettings Band = new() { MinSize = 10, ErrorBuffer = 10, LargestInsert = 10, LargestSample = 8 };

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void It_gives_exactly_what_the_limiter_lets_out(ulong seed)
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

            Assert.True(given > 0, "nothing was ever given");
            Assert.Equal(given, shard.GetStatistics().Sampled);
        }
    }

    [Fact]
    public void Without_a_band_it_fills_the_batch_once_there_is_something()
    {
        PacedShard shard = Paced(capacity: 50);
        var batch = new SampledBatch(Scalar, 20);
        Assert.Equal(SampleStatus.RateLimited, shard.SampleUpTo(batch, 1, batch.Capacity));
        shard.TryAppend(Batch(Segment(steps: 3)));
        Assert.Equal(SampleStatus.Sampled, shard.SampleUpTo(batch, 1, batch.Capacity));
        Assert.Equal((20, 3L), (batch.Count, batch.TableSize));
    }

    [Fact]
    public void What_is_refused_changes_nothing()
    {
        PacedShard shard = Paced(capacity: 50, limiter: Band);
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
    public void Once_nothing_is_appended_any_more_it_gives_what_is_left_and_then_says_closed()
    {
        PacedShard shard = Paced(capacity: 50, limiter: Band);
        shard.TryAppend(Batch(Segment(steps: 10)));
        shard.TryAppend(Batch(Segment(steps: 2)));
        shard.CompleteAppends();
        var batch = new SampledBatch(Scalar, 8);
        Assert.Equal(SampleStatus.Sampled, shard.SampleUpTo(batch, 8, batch.Capacity)); // drift 2: 12 may go out
        Assert.Equal(SampleStatus.Closed, shard.SampleUpTo(batch, 5, batch.Capacity));
        Assert.Equal(SampleStatus.Sampled, shard.SampleUpTo(batch, 1, batch.Capacity));
        Assert.Equal(4, batch.Count);
        Assert.Equal(SampleStatus.Closed, shard.SampleUpTo(batch, 1, batch.Capacity));
    }

    [Fact]
    public void A_closed_shard_says_so()
    {
        PacedShard shard = Paced(capacity: 50);
        shard.TryAppend(Batch(Segment(steps: 10)));
        shard.Close();
        Assert.Equal(SampleStatus.Closed, shard.SampleUpTo(new SampledBatch(Scalar, 8), 1, 8));
    }

    [Fact]
    public async Task Who_waits_for_a_large_sample_is_not_passed()
    {
        PacedShard shard = Paced(capacity: 50, limiter: Band);
        shard.TryAppend(Batch(Segment(steps: 10)));
        shard.SampleUpTo(new SampledBatch(Scalar, 4), 4, 4); // 6 more could go out
        Task<SampleStatus> waiting = Task.Run(() => shard.Sample(new SampledBatch(Scalar, 8), Patience, CancellationToken.None));
        WaitUntil(() => shard.Waiting == 1, "the large sample waits");

        Assert.Equal(SampleStatus.RateLimited, shard.SampleUpTo(new SampledBatch(Scalar, 4), 1, 4));

        shard.TryAppend(Batch(Segment(steps: 4)));
        Assert.Equal(SampleStatus.Sampled, await waiting.WaitAsync(Patience));
    }

    [Fact]
    public void Misuse_is_refused_by_name()
    {
        PacedShard shard = Paced(capacity: 50, limiter: Band);
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
