using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Krewe.Contracts;

namespace Krewe.Replay;

/// <summary>
/// The memory of a shard: a ring of slots, struct of arrays, allocated once. Observations are stored once: the next observation of
/// a step is the observation of the next slot. Not thread-safe: the shard's lock guards every member but the constants.
/// </summary>
/// <remarks>
/// Positions number the slots ever written, without end: slot = position mod capacity, generation = position / capacity. A position
/// is alive from when it is written until <see cref="Capacity"/> more slots are; the live ones are
/// [<see cref="Oldest"/>, <see cref="Head"/>). A segment is overwritten from its first slot on, so what is left of the oldest one
/// is its last steps with their final slot (or the final slot alone): still whole transitions.
/// </remarks>
public sealed unsafe class SegmentRing
{
    private readonly RingMemory _memory;
    private readonly int[] _elementBytes;
    private readonly SlotFlags* _flags;

    // The position that slot 0 has, or had, in the head's generation: turns a live position into a slot without a division.
    private long _generationStart;

    /// <summary>Allocates the ring.</summary>
    /// <param name="spec">What a slot holds.</param>
    /// <param name="capacity">Number of slots, at least 2.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="capacity"/> is below 2.</exception>
    public SegmentRing(SegmentSpec spec, int capacity)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 2);
        Spec = spec;
        Capacity = capacity;
        _elementBytes = [spec.ObservationBytes, sizeof(float), sizeof(float), sizeof(int), sizeof(SlotFlags)];
        _memory = new RingMemory(capacity, _elementBytes);
        _flags = (SlotFlags*)_memory.Column((int)RingColumn.Flags);
    }

    /// <summary>What a slot holds.</summary>
    public SegmentSpec Spec { get; }

    /// <summary>Number of slots.</summary>
    public int Capacity { get; }

    /// <summary>The position that the next slot written will have.</summary>
    public long Head { get; private set; }

    /// <summary>The oldest live position; equal to <see cref="Head"/> while the ring is empty.</summary>
    public long Oldest { get; private set; }

    /// <summary>Live slots that are not final: what can be sampled.</summary>
    public long TransitionCount { get; private set; }

    /// <summary>Whether a position has been written and not yet been overwritten.</summary>
    /// <param name="position">Any number.</param>
    public bool IsAlive(long position) => position >= Oldest && position < Head;

    /// <summary>The slot of a live position.</summary>
    /// <param name="position">A live position; of another one the result means nothing.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int SlotOf(long position)
    {
        long slot = position - _generationStart;
        return (int)(slot < 0 ? slot + Capacity : slot);
    }

    /// <summary>The flags of a slot.</summary>
    /// <param name="position">A live position.</param>
    /// <exception cref="ArgumentOutOfRangeException">The position is not alive.</exception>
    public SlotFlags FlagsAt(long position)
    {
        if (!IsAlive(position))
        {
            throw new ArgumentOutOfRangeException(nameof(position), position, Invariant($"the live positions are [{Oldest}, {Head})"));
        }

        return _flags[SlotOf(position)];
    }

    /// <summary>Refuses a batch that cannot be appended. Reads only constants: any thread, no lock.</summary>
    /// <param name="batch">The batch.</param>
    /// <exception cref="ArgumentException">It was made for another spec, is larger than the ring, or is not whole segments.</exception>
    public void Check(SegmentBatch batch)
    {
        if (!ReferenceEquals(batch.Spec, Spec) && batch.Spec.Hash != Spec.Hash)
        {
            throw new ArgumentException($"the batch holds {batch.Spec}, the replay holds {Spec}", nameof(batch));
        }

        if (batch.SlotCount > Capacity)
        {
            throw new ArgumentException(Invariant($"the batch has {batch.SlotCount} slots, the ring only {Capacity}"), nameof(batch));
        }

        int steps = SegmentStructure.CountSteps(batch.Flags, out int fault);
        if (fault >= 0 || steps != batch.StepCount)
        {
            ThrowMalformed(batch, steps, fault);
        }
    }

    /// <summary>How many of the oldest live slots an append would overwrite.</summary>
    /// <param name="slots">Slots to append, at most <see cref="Capacity"/>.</param>
    public int OverwrittenBy(int slots) => (int)Math.Max(0, Head + slots - Capacity - Oldest);

    /// <summary>Copies a batch in, over the oldest slots if need be.</summary>
    /// <param name="batch">The batch.</param>
    /// <returns>The position of its first slot.</returns>
    /// <exception cref="ArgumentException">As <see cref="Check"/>; nothing was stored.</exception>
    public long Append(SegmentBatch batch)
    {
        Check(batch);
        return Write(batch);
    }

    /// <summary>Copies in a batch that <see cref="Check"/> has let through.</summary>
    /// <param name="batch">The batch.</param>
    /// <returns>The position of its first slot.</returns>
    internal long Write(SegmentBatch batch)
    {
        Evict(OverwrittenBy(batch.SlotCount));
        int slots = batch.SlotCount;
        int slot = (int)(Head - _generationStart);
        int first = Math.Min(slots, Capacity - slot);
        Copy(RingColumn.Observations, batch.Observations, slot, first);
        Copy(RingColumn.Rewards, MemoryMarshal.AsBytes(batch.Rewards), slot, first);
        Copy(RingColumn.Probabilities, MemoryMarshal.AsBytes(batch.Probabilities), slot, first);
        Copy(RingColumn.Actions, MemoryMarshal.AsBytes(batch.Actions), slot, first);
        Copy(RingColumn.Flags, MemoryMarshal.AsBytes(batch.Flags), slot, first);
        long start = Head;
        MoveHead(Head + slots);
        TransitionCount += batch.StepCount;
        return start;
    }

    /// <summary>Forgets everything and takes what the columns hold at other positions as live; <see cref="Run"/> filled them.</summary>
    /// <param name="oldest">The oldest live position.</param>
    /// <param name="head">The position of the next slot written, at most <see cref="Capacity"/> further.</param>
    internal void Restore(long oldest, long head)
    {
        MoveHead(head);
        Oldest = oldest;
        TransitionCount = 0;
        long position = oldest;
        while (position < head)
        {
            Span<byte> run = Run(RingColumn.Flags, position, (int)Math.Min(Capacity, head - position));
            TransitionCount += run.Length - SegmentStructure.CountFinal(MemoryMarshal.Cast<byte, SlotFlags>(run));
            position += run.Length;
        }
    }

    /// <summary>The first byte of a column; valid as long as the ring is reachable.</summary>
    /// <param name="column">The column.</param>
    internal byte* Column(RingColumn column) => _memory.Column((int)column);

    /// <summary>Bytes of one element of a column.</summary>
    /// <param name="column">The column.</param>
    internal int ElementBytes(RingColumn column) => _elementBytes[(int)column];

    /// <summary>Contiguous memory of some consecutive slots of a column, up to the wrap: how files read and write the ring.</summary>
    /// <param name="column">The column.</param>
    /// <param name="position">The first slot's position.</param>
    /// <param name="slots">Slots wanted.</param>
    internal Span<byte> Run(RingColumn column, long position, int slots)
    {
        int slot = (int)(position % Capacity);
        int bytes = ElementBytes(column);
        return new Span<byte>(Column(column) + ((long)slot * bytes), checked(Math.Min(slots, Capacity - slot) * bytes));
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private static void ThrowMalformed(SegmentBatch batch, int steps, int fault)
    {
        if (batch.SlotCount == 0)
        {
            throw new ArgumentException("the batch is empty", nameof(batch));
        }

        if (fault < 0)
        {
            throw new ArgumentException(Invariant($"the batch says {batch.StepCount} steps, its flags say {steps}"), nameof(batch));
        }

        SlotFlags previous = fault == 0 ? SlotFlags.Final : batch.Flags[fault - 1];
        throw new ArgumentException(
            Invariant($"slot {fault} of {batch.SlotCount} {SegmentStructure.Describe(previous, batch.Flags[fault])}"), nameof(batch));
    }

    private void Evict(int slots)
    {
        while (slots > 0)
        {
            int slot = SlotOf(Oldest);
            int run = Math.Min(slots, Capacity - slot);
            TransitionCount -= run - SegmentStructure.CountFinal(new ReadOnlySpan<SlotFlags>(_flags + slot, run));
            Oldest += run;
            slots -= run;
        }
    }

    private void MoveHead(long head)
    {
        Head = head;
        _generationStart = head - (head % Capacity);
    }

    private void Copy(RingColumn column, ReadOnlySpan<byte> source, int slot, int firstSlots)
    {
        int bytes = ElementBytes(column);
        byte* start = Column(column);
        ReadOnlySpan<byte> first = source[..(firstSlots * bytes)];
        first.CopyTo(new Span<byte>(start + ((long)slot * bytes), first.Length));
        ReadOnlySpan<byte> rest = source[first.Length..];
        rest.CopyTo(new Span<byte>(start, rest.Length));
    }
}
