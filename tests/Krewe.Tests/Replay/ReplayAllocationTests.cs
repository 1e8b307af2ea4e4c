using Krewe.Contracts;
using Krewe.Replay;
using static Krewe.Tests.ReplayFixtures;

namespace Krewe.Tests;

public class ReplayAllocationTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void Appending_sampling_and_updating_allocate_nothing(int shards)
    {
        var limiter = new RateLimiterSettings { SamplesPerInsert = 1, LargestInsert = 64, LargestSample = 64 };
        IReplay[] replays =
        [
            Paced(capacity: 1000, nStep: 3, limiter: limiter),
            new ShardedReplay([.. Enumerable.Range(0, shards).Select(j => Shard(capacity: 1000, nStep: 3, index: j))], limiter, seed: 1),
        ];
        SegmentBatch batch = Batch(Segment(steps: 64));
        var sampled = new SampledBatch(Scalar, 64);
        foreach (IReplay replay in replays)
        {
            Work(replay, batch, sampled);
            long before = GC.GetAllocatedBytesForCurrentThread();
            Work(replay, batch, sampled);
            Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        }
    }

    private static void Work(IReplay replay, SegmentBatch batch, SampledBatch sampled)
    {
        for (int i = 0; i < 100; i++)
        {
            if (replay.TryAppend(batch) == AppendStatus.Stored && replay.TrySample(sampled) == SampleStatus.Sampled)
            {
                replay.UpdatePriorities(sampled.Shards, sampled.Positions, sampled.Probabilities);
            }
            else
            {
                throw new InvalidOperationException("the rate limiter held the test back");
            }
        }
    }
}
