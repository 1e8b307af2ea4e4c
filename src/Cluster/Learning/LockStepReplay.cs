using Krewe.Contracts;
using Krewe.Contracts.Grains;
using Krewe.Replay;
using Krewe.Runtime;

namespace Krewe.Cluster;

/// <summary>
/// Replay of a run in lock step: the same <see cref="ShardedReplay"/> as in one process, over shards that are grains. Every call waits for
/// its answer on the learner's thread, so that the order of all operations depends only on the seed.
/// </summary>
internal static class LockStepReplay
{
    /// <summary>Creates it over the run's shards.</summary>
    public static ShardedReplay Create(RunPlan plan, IReadOnlyList<IReplayShardGrain> shards, CancellationToken cancellationToken) => new(
        [.. shards.Select((grain, index) => new GrainShard(plan, index, grain, cancellationToken))],
        RateLimiterSettings.For(plan.Options.Replay, plan.LargestAppend, plan.Options.Learner.BatchSize),
        (ulong)plan.Options.Run.Seed);

    private sealed class GrainShard(RunPlan plan, int index, IReplayShardGrain grain, CancellationToken cancellationToken) : IReplayShard
    {
        private long _size;
        private double _mass;
        private long _staleUpdates;

        public int Index => index;

        public SegmentSpec Spec => plan.Segments;

        public int Capacity { get; } = ShardPlan.Slots(plan, index);

        public bool UsesPriorities => plan.Selector.UsesPriorities;

        public long Size => Volatile.Read(ref _size);

        public double Mass => Volatile.Read(ref _mass);

        public long StaleUpdates => Volatile.Read(ref _staleUpdates);

        public void Check(SegmentBatch batch)
        {
            // The shard itself does this on its silo.
        }

        public bool TryStore(SegmentBatch batch)
        {
            AppendReply reply = Wait(grain.Append(batch), cancellationToken);
            Volatile.Write(ref _size, reply.Size);
            Volatile.Write(ref _mass, reply.Mass);
            return reply.Status == AppendStatus.Stored;
        }

        public bool TrySample(SampledBatch destination, int start, int count)
        {
            SampleReply reply = Wait(grain.Sample(count, count), cancellationToken);
            Volatile.Write(ref _staleUpdates, reply.Shard.Statistics.StaleUpdates);
            if (reply.Batch is not { } batch)
            {
                return false;
            }

            destination.CopyRows(batch, 0, start, count);
            destination.TableSize = batch.TableSize;
            SampledBatchCodec.Release(batch);
            return true;
        }

        // Not cancelled: the update that they belong to is applied and must be counted. The call has a timeout of its own.
        public void UpdatePriorities(ReadOnlySpan<long> positions, ReadOnlySpan<float> priorities) =>
            Volatile.Write(ref _mass, Wait(grain.UpdatePriorities(positions.ToArray(), priorities.ToArray()), CancellationToken.None));

        public void Close()
        {
            // The run closes its shards when it ends.
        }

        // Blocks the learner's own thread, never one of the grain scheduler.
        private static T Wait<T>(Task<T> call, CancellationToken cancellationToken) => call.WaitAsync(cancellationToken).GetAwaiter().GetResult();
    }
}
