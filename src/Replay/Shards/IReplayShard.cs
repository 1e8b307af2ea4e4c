using Krewe.Contracts;

namespace Krewe.Replay;

/// <summary>
/// A shard of a <see cref="ShardedReplay"/>: a <see cref="ReplayShard"/> in this process, or a remote one. <see cref="ShardedReplay"/>
/// paces and checks, the shard stores and selects. With the same seed, the samples do not depend on where the shards are hosted. All
/// members are thread-safe.
/// </summary>
/// <remarks>A shard that is closed or unreachable does not throw: it returns false, and replay continues without it.</remarks>
public interface IReplayShard
{
    /// <summary>The index of the shard, as in <see cref="SampledBatch.Shards"/>.</summary>
    int Index { get; }

    /// <summary>The slot format.</summary>
    SegmentSpec Spec { get; }

    /// <summary>Number of slots.</summary>
    int Capacity { get; }

    /// <summary>Whether priorities affect sampling.</summary>
    bool UsesPriorities { get; }

    /// <summary>
    /// Number of transitions that can be sampled now, including those of the last store. Read under the lock of
    /// <see cref="ShardedReplay"/>: must neither block nor call another process.
    /// </summary>
    long Size { get; }

    /// <summary>
    /// The priority mass of these transitions (<see cref="ISampleSelector.Mass"/>), including the last store and the last update of
    /// priorities: <see cref="ShardedReplay"/> divides mini-batches among shards by it. Read under its lock: must neither block nor call
    /// another process.
    /// </summary>
    double Mass { get; }

    /// <summary>
    /// Number of priority updates dropped because their slot had been overwritten. Must neither block nor call another process.
    /// </summary>
    long StaleUpdates { get; }

    /// <summary>Throws if a batch cannot be appended. Reads only constants: takes no lock and calls no other process.</summary>
    /// <param name="batch">The batch.</param>
    /// <exception cref="ArgumentException">
    /// The batch is for another spec, is larger than the shard, or does not consist of whole segments.
    /// </exception>
    void Check(SegmentBatch batch);

    /// <summary>Appends a batch that <see cref="Check"/> accepts.</summary>
    /// <param name="batch">The batch; the caller may reuse it as soon as this returns.</param>
    /// <returns>Whether the batch was stored; false once the shard is closed or unreachable.</returns>
    bool TryStore(SegmentBatch batch);

    /// <summary>
    /// Fills all columns of some rows of a batch, and sets <see cref="SampledBatch.TableSize"/> to <see cref="Size"/>. The probabilities are
    /// those within the shard.
    /// </summary>
    /// <param name="destination">The batch, of this shard's spec.</param>
    /// <param name="start">The first row.</param>
    /// <param name="count">Number of rows, at least 1.</param>
    /// <returns>Whether the rows were filled; false while the shard is empty and once it is closed or unreachable.</returns>
    bool TrySample(SampledBatch destination, int start, int count);

    /// <summary>Updates the priorities of transitions. Updates for slots that have been overwritten are dropped.</summary>
    /// <param name="positions">Positions, [n].</param>
    /// <param name="priorities">Priorities, [n], finite and not negative, as checked by the caller.</param>
    void UpdatePriorities(ReadOnlySpan<long> positions, ReadOnlySpan<float> priorities);

    /// <summary>Closes the shard, which rejects all further calls.</summary>
    void Close();
}
