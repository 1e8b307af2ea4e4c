using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Krewe.Contracts;

namespace Krewe.Replay;

/// <summary>
/// Assembles transitions from a ring at sampling time. This is the only place that defines a transition. Guarded by the shard's lock.
/// </summary>
/// <remarks>
/// The transition that starts at position p, a slot that is not final, is (s, a, R, d, s'). It covers the steps p, p + 1, ...,
/// p + m - 1, where 1 &lt;= m &lt;= n is as large as possible such that only the last of them may be terminated or truncated and none
/// of them is final:
/// <code>
/// s  = observation[p]        a = action[p]
/// R  = reward[p] + gamma reward[p+1] + ... + gamma^(m-1) reward[p+m-1]
/// s' = observation[p+m]      d = 0 if step p+m-1 terminated, else gamma^m
/// </code>
/// The slot p + m always exists: every segment ends with a final slot, which holds the final observation and no step. With n = 3,
/// gamma = 0.5 and the slots below (o: observation, r: reward; T terminated, U truncated, F final)
/// <code>
/// position   0   1   2   3   4  |  5   6   7  |  8   9  10
/// o          a   b   c   d   e  |  f   g   h  |  i   j   k
/// r          1   2   4   8   -  | 16  32   -  | 64 128   -
/// flags              .   T   F  |      U   F  |          F
///
/// p   m   R                 d      s'   reason for the end
/// 0   3   1 + 1 + 1    = 3  0.125  d    n steps
/// 1   3   2 + 2 + 2    = 6  0      e    terminated: no bootstrap
/// 3   1   8                 0      e    terminated
/// 5   2   16 + 16     = 32  0.25   h    truncated: bootstrap from the final observation
/// 8   2   64 + 64    = 128  0.25   k    the segment ends: bootstrap from its final observation
/// 9   1   128               0.5    k    the segment ends
/// 4, 7, 10                              final: never sampled
/// </code>
/// Neither the overwritten part of a segment nor the wrap of the ring affects the remaining steps. R is summed in double precision
/// and rounded once.
/// </remarks>
internal sealed unsafe class NStepAssembler
{
    private const SlotFlags Ends = SlotFlags.Terminated | SlotFlags.Truncated;

    // Number of rows by which the columns are prefetched ahead. Best of 7 on a noisy shared Xeon core, 16-byte observations, batches of 64,
    // a ring of 1M slots: n = 1 from 18 to 31, n = 3 from 16 to 26 M transitions/s; no loss at 100k slots (57 to 60, 44 to 45), which fit
    // L2.
    private const int Ahead = 16;

    private readonly SegmentRing _ring;
    private readonly int _steps;
    private readonly int _actionBytes;
    private readonly double[] _powers;

    /// <summary>Creates the assembler.</summary>
    /// <param name="ring">The ring to read.</param>
    /// <param name="steps">n, at least 1.</param>
    /// <param name="discount">gamma, in [0, 1].</param>
    public NStepAssembler(SegmentRing ring, int steps, double discount)
    {
        _ring = ring;
        _steps = steps;
        _actionBytes = ring.Spec.ActionBytes;
        _powers = new double[steps + 1];
        for (int k = 0; k <= steps; k++)
        {
            _powers[k] = Math.Pow(discount, k);
        }
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
                int next = Walk(slot, out Unsafe.Add(ref returns, i), out Unsafe.Add(ref discounts, i));
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

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int Walk(int slot, out float sum, out float discount)
    {
        var flags = (SlotFlags*)_ring.Column(RingColumn.Flags);
        float* rewards = (float*)_ring.Column(RingColumn.Rewards);
        double total = 0;
        int m = 0;
        SlotFlags last;
        do
        {
            last = flags[slot];
            total += _powers[m++] * rewards[slot];
            slot = slot + 1 == _ring.Capacity ? 0 : slot + 1;
        }
        while (m < _steps && (last & Ends) == 0 && (flags[slot] & SlotFlags.Final) == 0);
        sum = (float)total;
        discount = (last & SlotFlags.Terminated) != 0 ? 0 : (float)_powers[m];
        return slot;
    }
}
