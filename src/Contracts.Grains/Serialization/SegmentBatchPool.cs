namespace Krewe.Contracts.Grains;

/// <summary>
/// Batches to receive into, used again and again: at most so many wait in the pool, and so many bytes; beyond that the ones that have
/// waited longest are left to the collector. Any thread.
/// </summary>
/// <param name="most">The most batches that wait, not negative.</param>
/// <param name="mostBytes">The most bytes of all batches that wait, not negative.</param>
public sealed class SegmentBatchPool(int most, long mostBytes)
{
    private readonly BoundedPool<SegmentBatch> _pool = new(most, mostBytes);

    /// <summary>Batches that wait.</summary>
    public int Waiting => _pool.Count;

    /// <summary>Gives a batch that nobody else has; its content means nothing.</summary>
    /// <param name="spec">What a slot holds.</param>
    /// <param name="slots">Slots that it must be able to hold, at least 1; it holds the next power of two.</param>
    public SegmentBatch Rent(SegmentSpec spec, int slots)
    {
        int capacity = BoundedPool<SegmentBatch>.CapacityFor(Math.Max(2, slots), spec.SlotBytes);
        return _pool.Take(spec, capacity) ?? new SegmentBatch(spec, capacity);
    }

    /// <summary>Takes a batch back, from here or from elsewhere; the caller must not touch it any more.</summary>
    /// <param name="batch">The batch.</param>
    /// <exception cref="InvalidOperationException">The batch waits already.</exception>
    public void Return(SegmentBatch batch) =>
        _pool.Put(batch, batch.Spec, batch.SlotCapacity, SegmentBatch.BytesFor(batch.Spec, batch.SlotCapacity));
}
