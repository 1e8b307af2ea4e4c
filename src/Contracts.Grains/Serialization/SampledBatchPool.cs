namespace Krewe.Contracts.Grains;

/// <summary>
/// A pool of mini-batches to fill or receive into, with a maximum number and a maximum total size; beyond either, the ones that have been
/// idle longest are left to the garbage collector. Thread-safe.
/// </summary>
/// <param name="most">Maximum number of idle batches, not negative.</param>
/// <param name="mostBytes">Maximum size of all idle batches in bytes, not negative.</param>
public sealed class SampledBatchPool(int most, long mostBytes)
{
    private readonly BoundedPool<SampledBatch> _pool = new(most, mostBytes);

    /// <summary>Number of idle batches.</summary>
    public int Waiting => _pool.Count;

    /// <summary>Takes a batch for exclusive use, with <paramref name="count"/> rows of unspecified content.</summary>
    /// <param name="spec">What a slot of the replay holds.</param>
    /// <param name="count">Rows, at least 1; the capacity is the next power of two.</param>
    public SampledBatch Rent(SegmentSpec spec, int count)
    {
        int capacity = BoundedPool<SampledBatch>.CapacityFor(count, SampledBatch.RowBytes(spec));
        SampledBatch batch = _pool.Take(spec, capacity) ?? new SampledBatch(spec, capacity);
        batch.Resize(count);
        return batch;
    }

    /// <summary>Returns a batch, from this pool or elsewhere; the caller must not use it any more.</summary>
    /// <param name="batch">The batch.</param>
    /// <exception cref="InvalidOperationException">The batch is already in the pool.</exception>
    public void Return(SampledBatch batch) =>
        _pool.Put(batch, batch.Spec, batch.Capacity, SampledBatch.BytesFor(batch.Spec, batch.Capacity));
}
