namespace Krewe.Contracts.Grains;

/// <summary>
/// A pool of batches to receive into, with a maximum number and a maximum total size; beyond either, the ones that have been idle longest are
/// left to the garbage collector. Thread-safe.
/// </summary>
/// <param name="most">Maximum number of idle batches, not negative.</param>
/// <param name="mostBytes">Maximum size of all idle batches in bytes, not negative.</param>
public sealed class SegmentBatchPool(int most, long mostBytes)
{
    private readonly BoundedPool<SegmentBatch> _pool = new(most, mostBytes);

    /// <summary>Number of idle batches.</summary>
    public int Waiting => _pool.Count;

    /// <summary>Takes a batch for exclusive use; its content is unspecified.</summary>
    /// <param name="spec">What a slot holds.</param>
    /// <param name="slots">Slots that it must hold, at least 1; the capacity is the next power of two.</param>
    public SegmentBatch Rent(SegmentSpec spec, int slots)
    {
        int capacity = BoundedPool<SegmentBatch>.CapacityFor(Math.Max(2, slots), spec.SlotBytes);
        return _pool.Take(spec, capacity) ?? new SegmentBatch(spec, capacity);
    }

    /// <summary>Returns a batch, from this pool or elsewhere; the caller must not use it any more.</summary>
    /// <param name="batch">The batch.</param>
    /// <exception cref="InvalidOperationException">The batch is already in the pool.</exception>
    public void Return(SegmentBatch batch) =>
        _pool.Put(batch, batch.Spec, batch.SlotCapacity, SegmentBatch.BytesFor(batch.Spec, batch.SlotCapacity, hasPriorities: true));
}
