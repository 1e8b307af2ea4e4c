using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Krewe.Contracts;

namespace Krewe.Replay;

/// <summary>
/// Assembles transitions (<see cref="NStepTransition"/>) from a ring at sampling time. Guarded by the shard's lock.
/// </summary>
/// <remarks>
/// Neither the overwritten part of a segment nor the wrap of the ring affects the remaining steps.
/// </remarks>
internal sealed unsafe class NStepAssembler
{
    // Number of rows by which the columns are prefetched ahead. Best of 7 on a noisy shared Xeon core, 16-byte observations, batches of 64,
    // a ring of 1M slots: n = 1 from 18 to 31, n = 3 from 16 to 26 M transitions/s; no loss at 100k slots (57 to 60, 44 to 45), which fit
    // L2.
    private const int Ahead = 16;

    private readonly SegmentRing _ring;
    private readonly int _steps;
    private readonly int _actionBytes;
    private readonly NStepTransition _transition;

    /// <summary>Creates the assembler.</summary>
    /// <param name="ring">The ring to read.</param>
    /// <param name="steps">n, at least 1.</param>
    /// <param name="discount">gamma, in [0, 1].</param>
    public NStepAssembler(SegmentRing ring, int steps, double discount)
    {
        _ring = ring;
        _steps = steps;
        _actionBytes = ring.Spec.ActionBytes;
        _transition = new NStepTransition(steps, discount);
    }

    /// <summary>
    /// Fills the observations, next observations, actions, returns and discounts of consecutive rows of a batch from their positions; the
    /// caller fills the other columns.
    /// </summary>
    /// <param name="batch">The batch.</param>
    /// <param name="start">The first row.</param>
    /// <param name="count">Number of rows.</param>
    public void Assemble(SampledBatch batch, int start, int count)
    {
        int bytes = _ring.Spec.ObservationBytes;
        ReadOnlySpan<long> positions = batch.Positions.Slice(start, count);
        ref float returns = ref MemoryMarshal.GetReference(batch.Returns[start..]);
        ref float discounts = ref MemoryMarshal.GetReference(batch.Discounts[start..]);
        int actionBytes = _actionBytes;
        var flags = (SlotFlags*)_ring.Column(RingColumn.Flags);
        var rewards = (float*)_ring.Column(RingColumn.Rewards);
        byte* ringActions = _ring.Column(RingColumn.Actions);
        byte* ringObservations = _ring.Column(RingColumn.Observations);
        fixed (byte* observations = batch.Observations[(start * bytes)..], nextObservations = batch.NextObservations[(start * bytes)..])
        fixed (byte* actions = batch.ActionBytes[(start * actionBytes)..])
        {
            for (int i = 0; i < positions.Length; i++)
            {
                if (i + Ahead < positions.Length)
                {
                    Prefetch(_ring.SlotOf(positions[i + Ahead]), bytes);
                }

                int slot = _ring.SlotOf(positions[i]);
                int next = _transition.Walk(flags, rewards, slot, _ring.Capacity, out Unsafe.Add(ref returns, i), out Unsafe.Add(ref discounts, i));
                CopyAction(ringActions + ((long)slot * actionBytes), actions + ((long)i * actionBytes), actionBytes);
                CopyObservation(ringObservations + ((long)slot * bytes), observations + ((long)i * bytes), bytes);
                CopyObservation(ringObservations + ((long)next * bytes), nextObservations + ((long)i * bytes), bytes);
            }
        }

        GC.KeepAlive(_ring);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void CopyObservation(byte* source, byte* destination, int bytes)
    {
        if (bytes == 16)
        {
            Vector128.Load(source).Store(destination);
        }
        else
        {
            Buffer.MemoryCopy(source, destination, bytes, bytes);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void CopyAction(byte* source, byte* destination, int bytes)
    {
        if (bytes == sizeof(int))
        {
            *(int*)destination = *(int*)source;
        }
        else
        {
            Buffer.MemoryCopy(source, destination, bytes, bytes);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Prefetch(int slot, int bytes)
    {
        byte* observation = _ring.Column(RingColumn.Observations) + ((long)slot * bytes);
        CacheLine.Prefetch(observation);
        CacheLine.Prefetch(observation + ((long)_steps * bytes));
        CacheLine.Prefetch((float*)_ring.Column(RingColumn.Rewards) + slot);
        CacheLine.Prefetch(_ring.Column(RingColumn.Actions) + ((long)slot * _actionBytes));
        CacheLine.Prefetch(_ring.Column(RingColumn.Flags) + slot);
    }
}
