using Krewe.Contracts;
using Krewe.Replay;
using static Krewe.Tests.ReplayFixtures;

namespace Krewe.Tests;

/// <summary>Tests <see cref="ShardedReplay"/> over remote shards.</summary>
public class WireShardTests
{
    private static readonly RateLimiterSettings Limits = new()
    {
        MinSize = 20,
        SamplesPerInsert = 3,
        LargestInsert = 30,
        LargestSample = 24,
    };

    [Theory]
    [InlineData(1, 0)]
    [InlineData(4, 0)]
    [InlineData(4, 0.7)]
    public void Local_and_remote_shards_give_the_same_samples(int shards, double exponent)
    {
        ReplaySelector selector = ReplaySelector.For(new ReplayOptions { PriorityExponent = exponent });
        ShardedReplay[] fronts = [Front(shards, wire: false, out _, selector), Front(shards, wire: true, out _, selector)];
        var batches = new[] { new SampledBatch(Scalar, 24), new SampledBatch(Scalar, 24) };
        var random = new Pcg64(5);
        int sampled = 0;
        int next = 1;
        for (int i = 0; i < 500; i++)
        {
            Slot[] slots = RandomSegments(random, segments: 3, longest: 10, ref next);
            Assert.Equal(fronts[0].TryAppend(Batch(slots)), fronts[1].TryAppend(Batch(slots)));
            SampleStatus status = fronts[0].TrySample(batches[0]);
            Assert.Equal(status, fronts[1].TrySample(batches[1]));
            if (status == SampleStatus.Sampled)
            {
                sampled++;
                Assert.True(batches[0].Bytes.Span.SequenceEqual(batches[1].Bytes.Span));
                for (int f = 0; f < 2; f++)
                {
                    fronts[f].UpdatePriorities(batches[f].Shards, batches[f].Positions, batches[f].Returns);
                }
            }
        }

        Assert.True(sampled > 100, $"only {sampled} mini-batches");
        Assert.Equal(Counts(fronts[0]), Counts(fronts[1]));
        Assert.Equal(fronts[0].State.Assigned, fronts[1].State.Assigned);
        Assert.Equal(fronts[0].State with { Assigned = [] }, fronts[1].State with { Assigned = [] });

        static (long, long, long, long) Counts(ShardedReplay front)
        {
            ReplayStatistics statistics = front.GetStatistics();
            return (statistics.Size, statistics.Inserted, statistics.Sampled, statistics.StaleUpdates);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void An_unreachable_shard_is_lost_and_the_others_continue(bool noticedBySampling)
    {
        ShardedReplay front = Front(shards: 3, wire: true, out WireShard[] shards);
        for (int i = 0; i < 6; i++)
        {
            Assert.Equal(AppendStatus.Stored, front.TryAppend(Batch(Segment(steps: 10, first: 100 * i))));
        }

        shards[1].IsUnreachable = true;
        var batch = new SampledBatch(Scalar, 24);
        if (noticedBySampling)
        {
            Assert.Equal(SampleStatus.Sampled, front.TrySample(batch));
            Assert.Equal(0, batch.Shards.Count(1));
            Assert.Equal(24, front.GetStatistics().Sampled);
        }
        else
        {
            front.TrySample(batch);
            for (int i = 0; i < 3; i++)
            {
                Assert.Equal(AppendStatus.Stored, front.TryAppend(Batch(Segment(steps: 10))));
                front.TrySample(batch);
            }
        }

        Assert.Equal(1, front.GetStatistics().ShardsLost);
    }

    [Fact]
    public void Remote_shards_are_neither_saved_nor_loaded_and_nothing_is_written()
    {
        ShardedReplay front = Front(shards: 2, wire: true, out _);
        string folder = Directory.CreateTempSubdirectory("krewe-wire-").FullName;
        try
        {
            var save = Assert.Throws<InvalidOperationException>(() => ShardedReplayFolder.Save(front, folder));
            Assert.Contains("shard 0 of 2 is a WireShard", save.Message, StringComparison.Ordinal);
            Assert.Empty(Directory.GetFiles(folder));

            ShardedReplayFolder.Save(Front(shards: 2, wire: false, out _), folder);
            Assert.Throws<InvalidOperationException>(() => ShardedReplayFolder.Load(front, folder));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static ShardedReplay Front(int shards, bool wire, out WireShard[] wires, ReplaySelector? selector = null)
    {
        ReplayShard[] local = [.. Enumerable.Range(0, shards).Select(j => Shard(capacity: 100 + j, nStep: 3, index: j, seed: 9, selector: selector))];
        wires = [.. local.Select(shard => new WireShard(shard))];
        return new ShardedReplay(wire ? wires : local, Limits, seed: 9);
    }
}
