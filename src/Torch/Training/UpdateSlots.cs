using Krewe.Contracts;
using Krewe.Networks;
using static TorchSharp.torch;

namespace Krewe.Torch;

/// <summary>
/// The staging memory, one slot per update that may be pending, and a queue of the pending updates, whose results have not been read.
/// </summary>
/// <param name="spec">The network.</param>
/// <param name="device">The device that computes the updates.</param>
/// <param name="count">Maximum number of pending updates, at least 1.</param>
internal sealed class UpdateSlots(NetworkSpec spec, Device device, int count) : IDisposable
{
    private readonly Slot?[] _slots = new Slot?[count];
    private readonly Queue<Pending> _pending = new(count);
    private long _updates;

    /// <summary>Takes the slot of the next update. Its buffers are kept until a batch of another size takes the slot.</summary>
    /// <param name="rows">Number of rows of the batch.</param>
    /// <exception cref="InvalidOperationException">The maximum number of updates is already pending.</exception>
    public Slot Take(int rows)
    {
        if (_pending.Count == _slots.Length)
        {
            throw new InvalidOperationException($"{_pending.Count} updates are pending, the maximum: read a result first");
        }

        ref Slot? slot = ref _slots[_updates % _slots.Length];
        if (slot?.Stage.Rows != rows)
        {
            slot?.Dispose();
            slot = new Slot(new BatchStage(spec, rows, device), new Readback(rows, device), new float[rows]);
        }

        return slot;
    }

    /// <summary>Adds an update that was started in the slot taken last. Without this call, the slot stays free.</summary>
    /// <param name="slot">The slot taken last.</param>
    /// <param name="step">The optimizer's step, from 1.</param>
    /// <param name="batch">The update's batch.</param>
    public void Add(Slot slot, long step, SampledBatch batch)
    {
        _updates++;
        _pending.Enqueue(new Pending(slot, step, batch));
    }

    /// <summary>Removes the oldest pending update.</summary>
    /// <exception cref="InvalidOperationException">No update is pending.</exception>
    public Pending Next() => _pending.TryDequeue(out Pending pending) ? pending : throw new InvalidOperationException("no update is pending");

    public void Dispose()
    {
        foreach (Slot? slot in _slots)
        {
            slot?.Dispose();
        }
    }

    /// <summary>Buffers of one update.</summary>
    /// <param name="Stage">Transfers the batch to the device.</param>
    /// <param name="Readback">Transfers the results to the host.</param>
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
