using Krewe.Contracts;

namespace Krewe.Replay;

/// <summary>
/// Selects transitions uniformly with replacement: draws among all live slots, and again if the slot is final. At most half the slots are
/// final (except for a remainder of one), so a selection takes fewer than two draws on average, usually close to one. Guarded by the
/// shard's lock.
/// </summary>
public sealed unsafe class UniformSelector : ISampleSelector
{
    private readonly SegmentRing _ring;
    private readonly Pcg64 _random;

    /// <summary>Creates a selector over a ring.</summary>
    /// <param name="ring">The ring.</param>
    /// <param name="random">The random stream, which must not be used elsewhere.</param>
    public UniformSelector(SegmentRing ring, Pcg64 random)
    {
        _ring = ring;
        _random = random;
    }

    /// <inheritdoc/>
    public long Count => _ring.TransitionCount;

    /// <inheritdoc/>
    public double Mass => _ring.TransitionCount;

    /// <inheritdoc/>
    public Pcg64State RandomState
    {
        get => _random.State;
        set => _random.State = value;
    }

    /// <summary>Does nothing: the ring knows its live slots.</summary>
    /// <inheritdoc/>
    public void Inserted(long start, int count, ReadOnlySpan<float> priorities = default)
    {
    }

    /// <summary>Does nothing: the ring knows its live slots.</summary>
    /// <inheritdoc/>
    public void Evicted(long start, int count)
    {
    }

    /// <inheritdoc/>
    public void Select(Span<long> positions, Span<float> probabilities)
    {
        probabilities.Fill((float)(1.0 / _ring.TransitionCount));
        var flags = (SlotFlags*)_ring.Column(RingColumn.Flags);
        long oldest = _ring.Oldest;
        long live = _ring.Head - oldest;
        for (int i = 0; i < positions.Length; i++)
        {
            long position;
            do
            {
                position = oldest + _random.NextLong(live);
            }
            while ((flags[_ring.SlotOf(position)] & SlotFlags.Final) != 0);
            positions[i] = position;
        }

        GC.KeepAlive(_ring);
    }

    /// <summary>Does nothing: all priorities are equal.</summary>
    /// <inheritdoc/>
    public void UpdatePriorities(ReadOnlySpan<long> positions, ReadOnlySpan<float> priorities)
    {
    }

    /// <summary>Returns 1: all priorities are equal.</summary>
    /// <inheritdoc/>
    public float GetPriority(long position) => 1;
}
