namespace Krewe.Contracts.Grains;

/// <summary>
/// Mini-batches to fill or to receive into, used again and again: at most so many wait in the pool, and so many bytes; beyond that the
/// ones that have waited longest are left to the collector. Any thread.
/// </summary>
/// <param name="most">The most batches that wait, not negative.</param>
/// <param name="mostBytes">The most bytes of all batches that wait, not negative.</param>
public sealed class SampledBatchPool(int most, long mostBytes)
{
    private readonly BoundedPool<SampledBatch> _pool = new(most, mostBytes);

    /// <summary>Batches that wait.</summary>
    public int Waiting => _pool.Count;

    /// <summary>Gives a batch that nobody else has, of <paramref name="count"/> rows whose content means nothing.</summary>
    /// <param name="spec">What a slot of the replay holds.</param>
    /// <param name="count">Rows, at least 1; the capacity is the next power of two.</param>
    public SampledBatch Rent(SegmentSpec spec, int count)
    {
        int capacity = BoundedPool<SampledBatch>.CapacityFor(count, (2 * spec.ObservationBytes) + SampledBatch.RowBytesBesideObservations);
        SampledBatch batch = _pool.Take(spec, capacity) ?? new SampledBatch(spec, capacity);
        batch.Resize(count);
        return batch;
    }

    /// <summary>Takes a batch back, from here or from elsewhere; the caller must not touch it any more.</summary>
    /// <param name="batch">The batch.</param>
    /// <exception cref="InvalidOperationException">The batch waits already.</exception>
    public void Return(SampledBatch batch) =>
        _pool.Put(batch, batch.Spec, batch.Capacity, new SampledBatchLayout(batch.Spec.ObservationBytes, batch.Capacity).End);
}
