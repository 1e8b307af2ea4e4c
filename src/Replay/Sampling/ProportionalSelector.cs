using System.Numerics;
using Krewe.Contracts;

namespace Krewe.Replay;

/// <summary>
/// Selects transitions with replacement in proportion to their priorities (Schaul et al. 2016, "Prioritized Experience Replay", section
/// 3.3): transition i has the mass (p_i + <see cref="Offset"/>)^alpha and the probability of its share in the mass of all. A new transition
/// gets the largest priority that is in the ring at the time; in an empty ring, 1. Guarded by the shard's lock; allocates nothing after
/// construction.
/// </summary>
/// <remarks>
/// A binary tree holds the sums of the masses and the maxima of the priorities. Its leaves are blocks of 16 slots, one cache line, so that
/// the tree is small beside the ring and its last levels are a scan. Sums are always computed from the slots, never updated by differences:
/// they do not drift, and a restored selector has exactly the tree of the saved one.
/// <para>
/// The draws of a batch are independent. Schaul et al. draw one sample from each of as many equal parts of the mass, which has less variance
/// but orders a batch by slot: a mini-batch that is a part of a larger request would then see a part of the ring.
/// </para>
/// </remarks>
public sealed unsafe class ProportionalSelector : ISampleSelector
{
    /// <summary>Added to every priority, so that a transition with the priority 0 is still selected: epsilon of Schaul et al.</summary>
    public const float Offset = 1e-6f;

    /// <summary>The memory for each slot in bytes: its priority and mass, and at most two nodes for every 16 slots of a large ring.</summary>
    internal const int SlotBytes = (2 * sizeof(float)) + 4;

    private const int BlockSlots = 16;

    private readonly SegmentRing _ring;
    private readonly Pcg64 _random;
    private readonly double _exponent;
    private readonly float[] _priorities;
    private readonly float[] _masses;

    // Node 1 is the root, the children of node i are 2 i and 2 i + 1, and block b is node _blocks + b.
    private readonly Node[] _nodes;
    private readonly int _blocks;

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
        int blocks = (ring.Capacity + BlockSlots - 1) / BlockSlots;
        _priorities = new float[blocks * BlockSlots];
        _masses = new float[blocks * BlockSlots];
        _blocks = (int)BitOperations.RoundUpToPowerOf2((uint)blocks);
        _nodes = new Node[2 * _blocks];
    }

    /// <inheritdoc/>
    public long Count => _ring.TransitionCount;

    /// <inheritdoc/>
    public double Mass => _nodes[1].Mass;

    /// <inheritdoc/>
    public Pcg64State RandomState
    {
        get => _random.State;
        set => _random.State = value;
    }

    /// <inheritdoc/>
    public void Inserted(long start, int count)
    {
        float priority = Mass > 0 ? _nodes[1].Priority : 1;
        float mass = MassOf(priority);
        var flags = (SlotFlags*)_ring.Column(RingColumn.Flags);
        int slot = _ring.SlotOf(start);
        for (int i = 0; i < count; i++)
        {
            bool isFinal = (flags[slot] & SlotFlags.Final) != 0;
            _priorities[slot] = isFinal ? 0 : priority;
            _masses[slot] = isFinal ? 0 : mass;
            slot = slot + 1 == _ring.Capacity ? 0 : slot + 1;
        }

        GC.KeepAlive(_ring);
        Sum(start, count);
    }

    /// <inheritdoc/>
    public void Evicted(long start, int count)
    {
        int slot = _ring.SlotOf(start);
        int first = Math.Min(count, _ring.Capacity - slot);
        Clear(_priorities);
        Clear(_masses);
        Sum(start, count);

        void Clear(float[] values)
        {
            values.AsSpan(slot, first).Clear();
            values.AsSpan(0, count - first).Clear();
        }
    }

    /// <inheritdoc/>
    public void Select(Span<long> positions, Span<float> probabilities)
    {
        double total = Mass;
        long generation = _ring.Head - (_ring.Head % _ring.Capacity);
        for (int i = 0; i < positions.Length; i++)
        {
            int slot = Find(_random.NextDouble() * total);
            long position = generation + slot;
            positions[i] = position < _ring.Head ? position : position - _ring.Capacity;
            probabilities[i] = (float)(_masses[slot] / total);
        }
    }

    /// <inheritdoc/>
    public void UpdatePriority(long position, float priority)
    {
        int slot = _ring.SlotOf(position);
        _priorities[slot] = priority;
        _masses[slot] = MassOf(priority);
        Sum(position, count: 1);
    }

    /// <inheritdoc/>
    public float GetPriority(long position) => _priorities[_ring.SlotOf(position)];

    private float MassOf(float priority) => (float)Math.Pow((double)priority + Offset, _exponent);

    /// <summary>Returns the slot at a point of the mass. Where rounding leads past the last one with a mass, it is that one.</summary>
    private int Find(double point)
    {
        int node = 1;
        while (node < _blocks)
        {
            node *= 2;
            if (point >= _nodes[node].Mass && _nodes[node + 1].Mass > 0)
            {
                point -= _nodes[node].Mass;
                node++;
            }
        }

        int slot = (node - _blocks) * BlockSlots;
        int found = slot;
        for (int end = slot + BlockSlots; slot < end; slot++)
        {
            if (_masses[slot] > 0)
            {
                found = slot;
                if (point < _masses[slot])
                {
                    break;
                }

                point -= _masses[slot];
            }
        }

        return found;
    }

    /// <summary>Updates the nodes above consecutive slots that have changed.</summary>
    private void Sum(long start, int count)
    {
        int slot = _ring.SlotOf(start);
        int first = Math.Min(count, _ring.Capacity - slot);
        SumRange(slot, slot + first - 1);
        if (first < count)
        {
            SumRange(0, count - first - 1);
        }
    }

    private void SumRange(int firstSlot, int lastSlot)
    {
        int first = _blocks + (firstSlot / BlockSlots);
        int last = _blocks + (lastSlot / BlockSlots);
        for (int node = first; node <= last; node++)
        {
            _nodes[node] = SumBlock((node - _blocks) * BlockSlots);
        }

        for ((first, last) = (first / 2, last / 2); first > 0; (first, last) = (first / 2, last / 2))
        {
            for (int node = first; node <= last; node++)
            {
                Node left = _nodes[2 * node];
                Node right = _nodes[(2 * node) + 1];
                _nodes[node] = new Node(left.Mass + right.Mass, Math.Max(left.Priority, right.Priority));
            }
        }
    }

    private Node SumBlock(int slot)
    {
        double mass = 0;
        float largest = 0;
        for (int end = slot + BlockSlots; slot < end; slot++)
        {
            mass += _masses[slot];
            largest = Math.Max(largest, _priorities[slot]);
        }

        return new Node(mass, largest);
    }

    private readonly record struct Node(double Mass, float Priority);
}
