using Krewe.Contracts;
using Krewe.Contracts.Grains;
using Krewe.Replay;
using Krewe.Runtime;


namespace Krewe.Cluster;

/// <summary>
/// Replay of a run in lock step: the same front as in one process, over shards that are grains. Every call waits for its answer on the
/// learner's thread, so that the order of everything follows from the seed alone.
/// </summary>
internal static class LockStepReplay
{
    /// <summary>Puts the front before the shards.</summary>
    public static ShardedReplay Create(RunPlan plan, IReadOnlyList<IReplayShardGrain> shards, CancellationToken cancellationToken) => new(
        [.. shards.Select((grain, index) => new GrainShard(plan, index, grain, cancellationToken))],
        RateLimiterSettings.For(plan.Options.Replay, plan.LargestAppend, plan.Options.Learner.BatchSize),
        (ulong)plan.Options.Run.Seed);

    private sealed class GrainShard(RunPlan plan, int index, IReplayShardGrain grain, CancellationToken cancellationToken) : IReplayShard
    {
        private long _size;
        private ShardStatus? _status;

        public int Index => index;

        public SegmentSpec Spec => plan.Segments;

        public int Capacity { get; } = ShardPlan.Slots(plan, index);

        public bool IsPaced => false;

        public bool UsesPriorities => false;

        public long Size => Volatile.Read(ref _size);

        public void Check(SegmentBatch batch)
        {
            // The shard itself does, where it is.
        }

        public bool TryStore(SegmentBatch batch)
        {
            AppendReply reply = Wait(grain.Append(batch));
            Volatile.Write(ref _size, reply.Size);
            return reply.Status == AppendStatus.Stored;
        }

        public SampleStatus SampleInto(SampledBatch destination, int start, int count, TimeSpan timeout, CancellationToken cancellation)
        {
            SampleReply reply = Wait(grain.Sample(count, count));
            Volatile.Write(ref _status, reply.Shard);
            if (reply.Batch is not { } batch)
            {
                return reply.Status;
            }

            destination.CopyRows(batch, 0, start, count);
            destination.TableSize = batch.TableSize;
            SampledBatchCodec.Release(batch);
            return SampleStatus.Sampled;
        }

        public void UpdatePriorities(ReadOnlySpan<long> positions, ReadOnlySpan<float> priorities) =>
            Wait(grain.UpdatePriorities(positions.ToArray(), priorities.ToArray()));

        // As of its last answer: figures are asked for by the grain, which must not wait for another.
        public ReplayStatistics GetStatistics() => Volatile.Read(ref _status)?.Statistics ?? default;

        public void Close()
        {
            // The run closes its shards when it ends.
        }

        // The one place where a thread waits for a grain: the learner's own, in lock step.
        private T Wait<T>(Task<T> call) => call.WaitAsync(cancellationToken).GetAwaiter().GetResult();

        private void Wait(Task call) => call.WaitAsync(cancellationToken).GetAwaiter().GetResult();
    }
}
