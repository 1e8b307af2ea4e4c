using Krewe.Contracts;
using Krewe.Learner;
using Krewe.Replay;
using Krewe.Runtime;

namespace Krewe.Cluster;

/// <summary>The configuration of a run's shards when each paces its own callers.</summary>
/// <remarks>
/// Each shard maintains the run's samples per insert by itself. The learner samples from any shard that has samples, and an actor waits
/// only for a shard that has some, so if no single shard's error buffer can deadlock, all of them together cannot. The error buffers add
/// up, and the further actors run ahead of the learner, the slower it learns (docs/cluster.md). Each shard therefore has the smallest error
/// buffer that cannot deadlock, and the shards share the room for one more append or sample that replay in one process has.
/// </remarks>
internal static class ShardPlan
{
    private const int MiniBatchesAtOnce = 64;
    private const long ChunkBytes = 1L << 20;

    /// <summary>The most transitions that the learner requests from all shards at once: many small mini-batches, or few large ones.</summary>
    public static int ChunkRows(RunPlan plan)
    {
        int batch = plan.Options.Learner.BatchSize;
        long rows = Math.Min((long)MiniBatchesAtOnce * batch, ChunkBytes / SampledBatch.RowBytes(plan.Segments));

        // A configured error buffer must also hold chunks: 2 e >= k q + b.
        if (plan.Options.Replay.ErrorBuffer > 0)
        {
            double most = (2 * plan.Options.Replay.ErrorBuffer) - (plan.LargestAppend * plan.Options.Replay.SamplesPerInsert);
            rows = (long)Math.Min(rows, Math.Max(most, 0));
        }

        return (int)Math.Max(batch, rows);
    }

    /// <summary>The most rows of one request to one shard.</summary>
    public static int ShardRows(RunPlan plan) => Divide(ChunkRows(plan), plan.Options.Replay.Shards);

    /// <summary>The smallest useful number of rows: a shard's share of a mini-batch.</summary>
    public static int LeastRows(RunPlan plan) => Divide(plan.Options.Learner.BatchSize, plan.Options.Replay.Shards);

    /// <summary>Slots of one shard, or of the queue of rollouts in its place.</summary>
    public static int Slots(RunPlan plan, int index) => plan.Feed == FeedKind.Rollouts ? checked((int)plan.Slots) : Settings(plan, index).Capacity;

    /// <summary>The configuration of a shard.</summary>
    public static ReplayShardSettings Settings(RunPlan plan, int index) => ReplayShardSettings.For(
        plan.Segments, plan.Options.Replay, plan.Selector, plan.Options.Learner.Discount, index, (ulong)plan.Options.Run.Seed);

    /// <summary>How each shard paces its callers; null in lock step, where one limiter paces all shards, as in one process.</summary>
    public static RateLimiterSettings? Limiter(RunPlan plan)
    {
        if (plan.Options.Run.Deterministic)
        {
            return null;
        }

        int shards = plan.Options.Replay.Shards;
        int rows = ShardRows(plan);
        double append = plan.LargestAppend * plan.Options.Replay.SamplesPerInsert;
        double smallest = RateLimiter.SmallestErrorBuffer(plan.Options.Replay.SamplesPerInsert, plan.LargestAppend, rows);
        double given = plan.Options.Replay.ErrorBuffer;
        return new RateLimiterSettings
        {
            MinSize = Math.Max(1, (plan.Options.Replay.MinSize + shards - 1) / shards),
            SamplesPerInsert = plan.Options.Replay.SamplesPerInsert,
            ErrorBuffer = given > 0 ? Math.Max(given / shards, smallest) : smallest + (Math.Max(append, rows) / shards),
            LargestInsert = plan.LargestAppend,
            LargestSample = rows,
        };
    }

    private static int Divide(int rows, int shards) => (rows + shards - 1) / shards;
}
