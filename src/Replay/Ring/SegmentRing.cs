using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Krewe.Contracts;

namespace Krewe.Replay;

/// <summary>
/// The storage of a shard: a ring of slots as a structure of arrays, allocated once. Each observation is stored once: the next observation
/// of a step is the observation of the next slot. Not thread-safe: the shard's lock guards all members except the constants.
/// </summary>
/// <remarks>
/// Positions number all slots ever written: slot = position mod capacity, generation = position / capacity. A position is alive from the
/// time it is written until <see cref="Capacity"/> more slots have been written; the live positions are [<see cref="Oldest"/>,
/// <see cref="Head"/>). A segment is overwritten from its first slot on, so the remainder of the oldest segment is its last steps and its
/// final slot (or only the final slot): still whole transitions.
/// </remarks>
public sealed unsafe class SegmentRing
{
    private readonly RingMemory _memory;
    private readonly int[] _elementBytes;
    private readonly SlotFlags* _flags;

    // The position of slot 0 in the generation of the head, to map a live position to its slot without a division.
    private long _generationStart;

    /// <summary>Allocates the ring.</summary>
    /// <param name="spec">The slot format.</param>
    /// <param name="capacity">Number of slots, at least 2.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="capacity"/> is below 2.</exception>
    public SegmentRing(SegmentSpec spec, int capacity)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 2);
        Spec = spec;
        Capacity = capacity;
        _elementBytes = [spec.ObservationBytes, sizeof(float), sizeof(float), spec.ActionBytes, sizeof(SlotFlags)];
        _memory = new RingMemory(capacity, _elementBytes);
        _flags = (SlotFlags*)_memory.Column((int)RingColumn.Flags);
    }

    /// <summary>The slot format.</summary>
    public SegmentSpec Spec { get; }

    /// <summary>Number of slots.</summary>
    public int Capacity { get; }

    /// <summary>The position of the next slot to be written.</summary>
    public long Head { get; private set; }

    /// <summary>The oldest live position; equal to <see cref="Head"/> while the ring is empty.</summary>
    public long Oldest { get; private set; }

    /// <summary>Number of live slots that are not final, that is, of transitions that can be sampled.</summary>
    public long TransitionCount { get; private set; }

    /// <summary>Whether a position has been written and has not been overwritten yet.</summary>
    /// <param name="position">Any position.</param>
    public bool IsAlive(long position) => position >= Oldest && position < Head;

    /// <summary>Returns the slot of a live position.</summary>
    /// <param name="position">A live position; the result is undefined for any other.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int SlotOf(long position)
    {
        long slot = position - _generationStart;
        return (int)(slot < 0 ? slot + Capacity : slot);
    }

    /// <summary>Returns the flags of a slot.</summary>
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

    /// <summary>Reads the flags of slots into the cache.</summary>
    /// <param name="positions">Any positions.</param>
    internal void PrefetchFlags(ReadOnlySpan<long> positions)
    {
        foreach (long position in positions)
        {
            CacheLine.Prefetch(_flags + SlotOf(position));
        }
    }

    /// <summary>Throws if a batch cannot be appended. Reads only constants and is therefore thread-safe without the lock.</summary>
    /// <param name="batch">The batch.</param>
    /// <exception cref="ArgumentException">
    /// The batch is for another spec, is larger than the ring, or does not consist of whole segments.
    /// </exception>
    /// <exception cref="InvalidDataFormatException">An initial priority is negative or not finite.</exception>
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

        SegmentStructure.Check(batch);
        SegmentBatchCheck.Priorities(batch);
    }

    /// <summary>Returns how many of the oldest live slots an append would overwrite.</summary>
    /// <param name="slots">Number of slots to append, at most <see cref="Capacity"/>.</param>
    public int OverwrittenBy(int slots) => (int)Math.Max(0, Head + slots - Capacity - Oldest);

    /// <summary>Copies a batch into the ring, overwriting the oldest slots if necessary.</summary>
    /// <param name="batch">The batch.</param>
    /// <returns>The position of its first slot.</returns>
    /// <exception cref="ArgumentException">The batch is invalid, as in <see cref="Check"/>; nothing was stored.</exception>
    public long Append(SegmentBatch batch)
    {
        Check(batch);
        return Write(batch);
    }

    /// <summary>Copies a batch that has passed <see cref="Check"/> into the ring.</summary>
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
        Copy(RingColumn.Actions, batch.ActionBytes, slot, first);
        Copy(RingColumn.Flags, MemoryMarshal.AsBytes(batch.Flags), slot, first);
        long start = Head;
        MoveHead(Head + slots);
        TransitionCount += batch.StepCount;
        return start;
    }

    /// <summary>Replaces the live range with other positions, whose columns were filled through <see cref="Run"/>.</summary>
    /// <param name="oldest">The oldest live position.</param>
    /// <param name="head">The position of the next slot to be written, at most <see cref="Capacity"/> after the oldest.</param>
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

    /// <summary>Returns the first byte of a column, which is valid as long as the ring is reachable.</summary>
    /// <param name="column">The column.</param>
    internal byte* Column(RingColumn column) => _memory.Column((int)column);

    /// <summary>Returns the size of one element of a column in bytes.</summary>
    /// <param name="column">The column.</param>
    internal int ElementBytes(RingColumn column) => _elementBytes[(int)column];

    /// <summary>Returns the contiguous memory of consecutive slots of a column, up to the wrap, for reading and writing files.</summary>
    /// <param name="column">The column.</param>
    /// <param name="position">The position of the first slot.</param>
    /// <param name="slots">The requested number of slots.</param>
    internal Span<byte> Run(RingColumn column, long position, int slots)
    {
        int slot = (int)(position % Capacity);
        int bytes = ElementBytes(column);
        return new Span<byte>(Column(column) + ((long)slot * bytes), checked(Math.Min(slots, Capacity - slot) * bytes));
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

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
