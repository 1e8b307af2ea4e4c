using System.Numerics;

namespace Krewe.Contracts.Grains;

/// <summary>
/// A pool of blocks with a maximum number and a maximum total size. Beyond either, the blocks that have been idle longest are left to the
/// garbage collector, so that unused sizes do not fill the pool. Thread-safe: one lock, held for a pass over the few entries.
/// </summary>
/// <typeparam name="T">The block's type.</typeparam>
internal sealed class BoundedPool<T>
    where T : class
{
    private readonly Lock _lock = new();
    private readonly List<Entry> _entries = [];
    private readonly int _most;
    private readonly long _mostBytes;
    private long _bytes;

    /// <summary>Creates an empty pool.</summary>
    /// <param name="most">Maximum number of idle blocks, not negative.</param>
    /// <param name="mostBytes">Maximum size of all idle blocks in bytes, not negative.</param>
    public BoundedPool(int most, long mostBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(most);
        ArgumentOutOfRangeException.ThrowIfNegative(mostBytes);
        _most = most;
        _mostBytes = mostBytes;
    }

    /// <summary>Number of idle blocks.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _entries.Count;
            }
        }
    }

    /// <summary>The capacity to allocate for a number of rows: a power of two, so that blocks are reused, or the largest that fits.</summary>
    /// <param name="rows">Rows wanted, at least 1.</param>
    /// <param name="rowBytes">Bytes per row.</param>
    public static int CapacityFor(int rows, int rowBytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(rows, 1);
        long rounded = (long)BitOperations.RoundUpToPowerOf2((ulong)rows);

        // Beyond the last power of two that a block may have: the largest block, not one twice as large.
        return (int)Math.Max(rows, Math.Min(rounded, SegmentBatch.MaxBytes / rowBytes));
    }

    /// <summary>Takes the newest block with the given spec and capacity.</summary>
    /// <param name="spec">The spec.</param>
    /// <param name="capacity">The capacity, from <see cref="CapacityFor"/>.</param>
    /// <returns>The block; null if none is idle.</returns>
    public T? Take(SegmentSpec spec, int capacity)
    {
        lock (_lock)
        {
            for (int i = _entries.Count - 1; i >= 0; i--)
            {
                Entry entry = _entries[i];
                if (entry.Capacity == capacity && entry.SpecHash == spec.Hash)
                {
                    RemoveAt(i);
                    return entry.Block;
                }
            }

            return null;
        }
    }

    /// <summary>Returns a block to the pool.</summary>
    /// <param name="block">The block.</param>
    /// <param name="spec">Its spec.</param>
    /// <param name="capacity">Its capacity.</param>
    /// <param name="bytes">Bytes allocated for it.</param>
    /// <exception cref="InvalidOperationException">It is already in the pool: two callers would write into it.</exception>
    public void Put(T block, SegmentSpec spec, int capacity, long bytes)
    {
        lock (_lock)
        {
            foreach (Entry entry in _entries)
            {
                if (ReferenceEquals(entry.Block, block))
                {
                    throw new InvalidOperationException("the batch was returned twice");
                }
            }

            if (_most == 0 || bytes > _mostBytes)
            {
                return;
            }

            while (_entries.Count == _most || _bytes + bytes > _mostBytes)
            {
                RemoveAt(0);
            }

            _entries.Add(new Entry(block, spec.Hash, capacity, bytes));
            _bytes += bytes;
        }
    }

    private void RemoveAt(int index)
    {
        _bytes -= _entries[index].Bytes;
        _entries.RemoveAt(index);
    }

    private readonly record struct Entry(T Block, ulong SpecHash, int Capacity, long Bytes);
}
