using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Krewe.Contracts;

namespace Krewe.Replay;

/// <summary>
/// Selects transitions with replacement in proportion to their priorities (Schaul et al. 2016, "Prioritized Experience Replay", section
/// 3.3): transition i has the mass (p_i + <see cref="Offset"/>)^alpha and the probability of its share in the mass of all. A new transition
/// has the priority that its actor gives it (Horgan et al. 2018), or else the largest one that is in the ring at the time; in an empty ring, 1. Guarded by the shard's lock; allocates nothing after
/// construction.
/// </summary>
/// <remarks>
/// The draws of a batch are independent. Schaul et al. draw one sample from each of as many equal parts of the mass, which has less variance
/// but orders a batch by slot: a mini-batch that is a part of a larger request would then see a part of the ring.
/// </remarks>
public sealed unsafe class ProportionalSelector : ISampleSelector
{
    /// <summary>Added to every priority, so that a transition with the priority 0 is still selected: epsilon of Schaul et al.</summary>
    public const float Offset = 1e-6f;

    private readonly SegmentRing _ring;
    private readonly Pcg64 _random;
    private readonly double _exponent;
    private readonly PriorityTree _tree;

    /// <summary>Creates a selector over a ring.</summary>
    /// <param name="ring">The ring, which must be empty.</param>
    /// <param name="random">The random stream, which must not be used elsewhere.</param>
    /// <param name="exponent">The exponent alpha, above 0 and at most 1.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="exponent"/> is out of range.</exception>
    public ProportionalSelector(SegmentRing ring, Pcg64 random, double exponent)
    {
        if (!(exponent > 0 && exponent <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(exponent), exponent, "must be above 0 and at most 1");
        }

        _ring = ring;
        _random = random;
        _exponent = exponent;
        _tree = new PriorityTree(ring.Capacity);
    }

    /// <inheritdoc/>
    public long Count => _ring.TransitionCount;

    /// <inheritdoc/>
    public double Mass => _tree.Mass;

    /// <inheritdoc/>
    public Pcg64State RandomState
    {
        get => _random.State;
        set => _random.State = value;
    }

    /// <inheritdoc/>
    [SkipLocalsInit]
    public void Inserted(long start, int count, ReadOnlySpan<float> priorities = default)
    {
        Span<float> batch = stackalloc float[PriorityTree.BatchRows];
        Span<float> masses = stackalloc float[PriorityTree.BatchRows];
        if (priorities.IsEmpty)
        {
            batch.Fill(Mass > 0 ? _tree.LargestPriority : 1);
            ToMasses(batch, masses);
        }

        var flags = (SlotFlags*)_ring.Column(RingColumn.Flags);
        int first = _ring.SlotOf(start);
        int slot = first;
        for (int at = 0; at < count; at += PriorityTree.BatchRows)
        {
            int rows = Math.Min(PriorityTree.BatchRows, count - at);
            if (!priorities.IsEmpty)
            {
                priorities.Slice(at, rows).CopyTo(batch);
                ToMasses(batch[..rows], masses);
            }

            for (int i = 0; i < rows; i++)
            {
                bool isFinal = (flags[slot] & SlotFlags.Final) != 0;
                _tree.Set(slot, isFinal ? 0 : batch[i], isFinal ? 0 : masses[i]);
                slot = slot + 1 == _ring.Capacity ? 0 : slot + 1;
            }
        }

        GC.KeepAlive(_ring);
        Sum(first, count);
    }

    /// <inheritdoc/>
    public void Evicted(long start, int count)
    {
        int first = _ring.SlotOf(start);
        int slot = first;
        for (int i = 0; i < count; i++)
        {
            _tree.Set(slot, priority: 0, mass: 0);
            slot = slot + 1 == _ring.Capacity ? 0 : slot + 1;
        }

        Sum(first, count);
    }

    /// <inheritdoc/>
    [SkipLocalsInit]
    public void Select(Span<long> positions, Span<float> probabilities)
    {
        double total = Mass;
        long generation = _ring.Head - (_ring.Head % _ring.Capacity);
        Span<double> points = stackalloc double[PriorityTree.BatchRows];
        Span<int> slots = stackalloc int[PriorityTree.BatchRows];
        for (int start = 0; start < positions.Length; start += PriorityTree.BatchRows)
        {
            int count = Math.Min(PriorityTree.BatchRows, positions.Length - start);
            for (int i = 0; i < count; i++)
            {
                points[i] = _random.NextDouble() * total;
            }

            _tree.Find(points[..count], slots);
            for (int i = 0; i < count; i++)
            {
                long position = generation + slots[i];
                positions[start + i] = position < _ring.Head ? position : position - _ring.Capacity;
                probabilities[start + i] = (float)(_tree.MassOf(slots[i]) / total);
            }
        }
    }

    /// <inheritdoc/>
    [SkipLocalsInit]
    public void UpdatePriorities(ReadOnlySpan<long> positions, ReadOnlySpan<float> priorities)
    {
        Span<int> slots = stackalloc int[PriorityTree.BatchRows];
        Span<float> masses = stackalloc float[PriorityTree.BatchRows];
        for (int start = 0; start < positions.Length; start += PriorityTree.BatchRows)
        {
            int count = Math.Min(PriorityTree.BatchRows, positions.Length - start);
            for (int i = 0; i < count; i++)
            {
                slots[i] = _ring.SlotOf(positions[start + i]);
                _tree.Prefetch(slots[i]);
            }

            ReadOnlySpan<float> batch = priorities.Slice(start, count);
            ToMasses(batch, masses);
            _tree.Update(slots[..count], batch, masses);
        }
    }

    /// <inheritdoc/>
    public float GetPriority(long position) => _tree.Priority(_ring.SlotOf(position));

    /// <summary>Computes (p + offset)^alpha in double precision; a mass has the same bits whatever the number of priorities is.</summary>
    private void ToMasses(ReadOnlySpan<float> priorities, Span<float> masses)
    {
        Span<float> padded = stackalloc float[Vector256<float>.Count];
        for (int i = 0; i < priorities.Length; i += Vector256<float>.Count)
        {
            int count = Math.Min(Vector256<float>.Count, priorities.Length - i);
            priorities.Slice(i, count).CopyTo(padded);
            (Vector256<double> lower, Vector256<double> upper) = Vector256.Widen(Vector256.Create<float>(padded));
            Vector256.Narrow(Raise(lower), Raise(upper)).CopyTo(padded);
            padded[..count].CopyTo(masses[i..]);
        }
    }

    private Vector256<double> Raise(Vector256<double> priorities) => Vector256.Exp(Vector256.Log(priorities + Vector256.Create((double)Offset)) * _exponent);

    /// <summary>Computes the sums above consecutive slots that have changed.</summary>
    private void Sum(int slot, int count)
    {
        int first = Math.Min(count, _ring.Capacity - slot);
        _tree.SumRange(slot, first);
        if (first < count)
        {
            _tree.SumRange(0, count - first);
        }
    }
}
