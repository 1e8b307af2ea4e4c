using Krewe.Contracts;
using Krewe.Networks;
using static TorchSharp.torch;

namespace Krewe.Torch;

/// <summary>
/// The staging memory of pending updates, one slot for each that may be pending, and the updates whose results have not been read, oldest
/// first.
/// </summary>
/// <param name="spec">The network.</param>
/// <param name="device">The device that computes the updates.</param>
/// <param name="count">Updates that may be under way at once, at least 1.</param>
internal sealed class UpdateSlots(NetworkSpec spec, Device device, int count) : IDisposable
{
    private readonly Slot?[] _slots = new Slot?[count];
    private readonly Queue<Pending> _pending = new(count);
    private long _updates;

    /// <summary>Takes the slot of the next update; its buffers live until a batch of another size takes the slot.</summary>
    /// <param name="rows">The batch's rows.</param>
    /// <exception cref="InvalidOperationException">The maximum number of updates is already pending.</exception>
    public Slot Take(int rows)
    {
        if (_pending.Count == _slots.Length)
        {
            throw new InvalidOperationException($"{_pending.Count} updates are under way, at most {_slots.Length} can be: read the results of one first");
        }

        ref Slot? slot = ref _slots[_updates % _slots.Length];
        if (slot?.Stage.Rows != rows)
        {
            slot?.Dispose();
            slot = new Slot(new BatchStage(spec, rows, device), new Readback(rows, device), new float[rows]);
        }

        return slot;
    }

    /// <summary>Adds an update that was begun in the slot taken last; without this the slot stays free.</summary>
    /// <param name="slot">That slot.</param>
    /// <param name="step">The optimizer's step, from 1.</param>
    /// <param name="batch">The update's batch.</param>
    public void Add(Slot slot, long step, SampledBatch batch)
    {
        _updates++;
        _pending.Enqueue(new Pending(slot, step, batch));
    }

    /// <summary>Removes the oldest update under way.</summary>
    /// <exception cref="InvalidOperationException">No update is pending.</exception>
    public Pending Next() => _pending.TryDequeue(out Pending pending) ? pending : throw new InvalidOperationException("no update is under way");

    public void Dispose()
    {
        foreach (Slot? slot in _slots)
        {
            slot?.Dispose();
        }
    }

    /// <summary>Buffers of one update.</summary>
    /// <param name="Stage">The batch on its way to the device.</param>
    /// <param name="Readback">The results on their way back.</param>
    /// <param name="Weights">The batch's weights, [B].</param>
    internal sealed record Slot(BatchStage Stage, Readback Readback, float[] Weights) : IDisposable
    {
        public void Dispose()
        {
            Stage.Dispose();
            Readback.Dispose();
        }
    }

    /// <summary>An update whose results have not been read.</summary>
    /// <param name="Slot">Its buffers.</param>
    /// <param name="Step">The optimizer's step, from 1.</param>
    /// <param name="Batch">Its batch.</param>
    internal readonly record struct Pending(Slot Slot, long Step, SampledBatch Batch);
}
