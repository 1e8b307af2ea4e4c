using Krewe.Contracts;

namespace Krewe.Replay;

/// <summary>
/// What <see cref="ShardedReplay"/> needs of a shard: a <see cref="ReplayShard"/> of this process, or one that lives elsewhere.
/// <see cref="ShardedReplay"/> paces and checks, the shard stores and selects; with the same seed the same is sampled wherever the shards
/// live. Every member may be called from any thread.
/// </summary>
/// <remarks>A shard that is closed or unreachable throws nothing: it returns false, and replay goes on without it.</remarks>
public interface IReplayShard
{
    /// <summary>The shard's number, which <see cref="SampledBatch.Shards"/> says.</summary>
    int Index { get; }

    /// <summary>What a slot holds.</summary>
    SegmentSpec Spec { get; }

    /// <summary>Slots.</summary>
    int Capacity { get; }

    /// <summary>Whether priorities change what is sampled.</summary>
    bool UsesPriorities { get; }

    /// <summary>
    /// Transitions that can be sampled now, those of the last store included. Read under the lock of <see cref="ShardedReplay"/>: must
    /// neither block nor ask another process.
    /// </summary>
    long Size { get; }

    /// <summary>Priority updates dropped because their slot had been overwritten. Must neither block nor ask another process.</summary>
    long StaleUpdates { get; }

    /// <summary>Refuses a batch that cannot be appended. Reads only constants: takes no lock and asks no other process.</summary>
    /// <param name="batch">The batch.</param>
    /// <exception cref="ArgumentException">It is for another spec, larger than the shard, or not whole segments.</exception>
    void Check(SegmentBatch batch);

    /// <summary>Appends a batch that <see cref="Check"/> accepts.</summary>
    /// <param name="batch">The batch; the caller may reuse it as soon as this returns.</param>
    /// <returns>Whether it was stored; false once the shard is closed or unreachable.</returns>
    bool TryStore(SegmentBatch batch);

    /// <summary>Fills some rows of a batch, all columns of them, and sets <see cref="SampledBatch.TableSize"/> to <see cref="Size"/>.</summary>
    /// <param name="destination">The batch, of this shard's spec.</param>
    /// <param name="start">The first row.</param>
    /// <param name="count">Number of rows, at least 1.</param>
    /// <returns>Whether the rows were filled; false while the shard is empty and once it is closed or unreachable.</returns>
    bool TrySample(SampledBatch destination, int start, int count);

    /// <summary>Gives transitions new priorities; those whose slot has been overwritten are dropped.</summary>
    /// <param name="positions">Positions, [n].</param>
    /// <param name="priorities">Priorities, [n], finite and not negative: the caller has checked them.</param>
    void UpdatePriorities(ReadOnlySpan<long> positions, ReadOnlySpan<float> priorities);

    /// <summary>Everything is refused from now on.</summary>
    void Close();
}
