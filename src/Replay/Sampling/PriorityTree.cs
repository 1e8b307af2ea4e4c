using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Krewe.Replay;

/// <summary>
/// Priorities and masses by slot, with the sum of the masses and the largest priority of every 16 slots, of every 16 of these, and so on up
/// to all. Sums are always computed from the values below them, never updated by differences: they do not drift, and equal slots give equal
/// sums, whatever happened to them before. Not thread-safe.
/// </summary>
/// <remarks>
/// With 16 children a node, the 16 masses at the bottom are one cache line, and the tree of a million slots has five levels, of which the
/// upper three fit the L1 cache. A search reads all masses of a node instead of branching, since a branch on random numbers is mispredicted
/// every other time. Batches of searches and updates go through the levels together, so that the misses of different rows overlap.
/// </remarks>
internal sealed unsafe class PriorityTree
{
    /// <summary>Rows of a batch that go through the levels together: as many as the first-level cache holds the lines of.</summary>
    public const int BatchRows = 64;

    private const int Fanout = 16;
    private const int Shift = 4;

    private readonly RingMemory _slots;
    private readonly RingMemory[] _memory;
    private readonly float* _masses;
    private readonly float* _priorities;

    // Level 0 has one element for every 16 slots; the last level has one for all. Padded with zeros to whole nodes.
    private readonly double*[] _sums;
    private readonly float*[] _maxima;
    private readonly int[] _counts;

    /// <summary>Allocates a tree of zeros.</summary>
    /// <param name="slots">Number of slots, at least 1.</param>
    public PriorityTree(int slots)
    {
        _slots = Allocate(slots, [sizeof(float), sizeof(float)]);
        _masses = (float*)_slots.Column(0);
        _priorities = (float*)_slots.Column(1);
        var memory = new List<RingMemory>();
        var counts = new List<int>();
        for (int count = slots; count > 1 || counts.Count == 0;)
        {
            count = (count + Fanout - 1) / Fanout;
            counts.Add(count);
            memory.Add(Allocate(count, [sizeof(double), sizeof(float)]));
        }

        _memory = [.. memory];
        _counts = [.. counts];
        _sums = new double*[_counts.Length];
        _maxima = new float*[_counts.Length];
        for (int level = 0; level < _counts.Length; level++)
        {
            _sums[level] = (double*)_memory[level].Column(0);
            _maxima[level] = (float*)_memory[level].Column(1);
        }
    }

    /// <summary>The sum of all masses.</summary>
    public double Mass => _sums[^1][0];

    /// <summary>The largest priority.</summary>
    public float LargestPriority => _maxima[^1][0];

    /// <summary>The memory for each slot in bytes: its priority and mass, and a sixteenth of a sum and a maximum, and so on.</summary>
    public static int SlotBytes => (2 * sizeof(float)) + 1;

    /// <summary>Returns the priority of a slot.</summary>
    /// <param name="slot">The slot.</param>
    public float Priority(int slot) => _priorities[slot];

    /// <summary>Returns the mass of a slot.</summary>
    /// <param name="slot">The slot.</param>
    public float MassOf(int slot) => _masses[slot];

    /// <summary>Replaces the priority and the mass of a slot; the sums are those from before until <see cref="SumRange"/>.</summary>
    /// <param name="slot">The slot.</param>
    /// <param name="priority">The priority.</param>
    /// <param name="mass">The mass.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Set(int slot, float priority, float mass)
    {
        _priorities[slot] = priority;
        _masses[slot] = mass;
    }

    /// <summary>Computes the sums above consecutive slots.</summary>
    /// <param name="first">The first slot.</param>
    /// <param name="count">Number of slots, at least 1.</param>
    public void SumRange(int first, int count)
    {
        int last = first + count - 1;
        for (int level = 0; level < _counts.Length; level++)
        {
            first >>= Shift;
            last >>= Shift;
            for (int node = first; node <= last; node++)
            {
                Sum(level, node);
            }
        }

        GC.KeepAlive(this);
    }

    /// <summary>Replaces the priorities and masses of slots, the last one's where a slot is repeated, and computes the sums above them.</summary>
    /// <param name="slots">The slots, [n], at most <see cref="BatchRows"/>.</param>
    /// <param name="priorities">The priorities, [n].</param>
    /// <param name="masses">The masses, [n].</param>
    public void Update(ReadOnlySpan<int> slots, ReadOnlySpan<float> priorities, ReadOnlySpan<float> masses)
    {
        for (int i = 0; i < slots.Length; i++)
        {
            Set(slots[i], priorities[i], masses[i]);
        }

        for (int level = 0; level < _counts.Length; level++)
        {
            if (_counts[level] <= slots.Length)
            {
                // Fewer nodes than rows: most are above several rows.
                for (int node = 0; node < _counts[level]; node++)
                {
                    Sum(level, node);
                }
            }
            else
            {
                foreach (int slot in slots)
                {
                    Sum(level, slot >> (Shift * (level + 1)));
                }
            }
        }

        GC.KeepAlive(this);
    }

    /// <summary>Reads what an update of a slot needs into the cache.</summary>
    /// <param name="slot">The slot.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Prefetch(int slot)
    {
        CacheLine.Prefetch(_masses + slot);
        CacheLine.Prefetch(_priorities + slot);
        CacheLine.Prefetch(_sums[0] + (slot >> Shift));
        CacheLine.Prefetch(_maxima[0] + (slot >> Shift));
    }

    /// <summary>
    /// Finds the slots at points of the mass, laid out in the order of the slots. A slot without mass is never found; where rounding leads
    /// past the end of a node, it is the last one in it that has mass.
    /// </summary>
    /// <param name="points">The points, at least 0 and below <see cref="Mass"/>, which is positive, [n], at most <see cref="BatchRows"/>; overwritten.</param>
    /// <param name="slots">Receives the slots, [n].</param>
    [SkipLocalsInit]
    public void Find(Span<double> points, Span<int> slots)
    {
        double* before = stackalloc double[Fanout + 1];
        slots[..points.Length].Clear();
        for (int level = _counts.Length - 2; level >= 0; level--)
        {
            double* sums = _sums[level];
            for (int i = 0; i < points.Length; i++)
            {
                int node = slots[i] << Shift;
                slots[i] = node + Search(sums + node, before, ref points[i]);
                if (level > 0)
                {
                    CacheLine.Prefetch(_sums[level - 1] + (slots[i] << Shift));
                    CacheLine.Prefetch(_sums[level - 1] + (slots[i] << Shift) + (Fanout / 2));
                }
                else
                {
                    CacheLine.Prefetch(_masses + (slots[i] << Shift));
                }
            }
        }

        double* masses = stackalloc double[Fanout];
        for (int i = 0; i < points.Length; i++)
        {
            int first = slots[i] << Shift;
            for (int child = 0; child < Fanout; child++)
            {
                masses[child] = _masses[first + child];
            }

            slots[i] = first + Search(masses, before, ref points[i]);
        }

        GC.KeepAlive(this);
    }

    private static RingMemory Allocate(int count, ReadOnlySpan<int> elementBytes)
    {
        int padded = (count + Fanout - 1) / Fanout * Fanout;
        var memory = new RingMemory(padded, elementBytes);
        for (int column = 0; column < elementBytes.Length; column++)
        {
            NativeMemory.Clear(memory.Column(column), (nuint)padded * (nuint)elementBytes[column]);
        }

        return memory;
    }

    /// <summary>Finds the child at a point of a node's mass, and subtracts the mass before it from the point.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Search(double* children, double* before, ref double point)
    {
        double sum = 0;
        int found = 0;
        before[0] = 0;
        for (int child = 0; child < Fanout; child++)
        {
            sum += children[child];
            before[child + 1] = sum;
            found += point >= sum ? 1 : 0;
        }

        if (found == Fanout)
        {
            do
            {
                found--;
            }
            while (children[found] == 0);
        }

        point -= before[found];
        return found;
    }

    /// <summary>Computes an element of a level from the node below it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Sum(int level, int node)
    {
        int first = node << Shift;
        float* largest = level == 0 ? _priorities + first : _maxima[level - 1] + first;
        _maxima[level][node] = Largest(Vector256.Max(Vector256.Load(largest), Vector256.Load(largest + 8)));
        if (level == 0)
        {
            (Vector256<double> a, Vector256<double> b) = Vector256.Widen(Vector256.Load(_masses + first));
            (Vector256<double> c, Vector256<double> d) = Vector256.Widen(Vector256.Load(_masses + first + 8));
            _sums[0][node] = Vector256.Sum((a + b) + (c + d));
        }
        else
        {
            double* below = _sums[level - 1] + first;
            _sums[level][node] = Vector256.Sum(
                (Vector256.Load(below) + Vector256.Load(below + 4)) + (Vector256.Load(below + 8) + Vector256.Load(below + 12)));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Largest(Vector256<float> values)
    {
        Vector128<float> four = Vector128.Max(values.GetLower(), values.GetUpper());
        Vector128<float> two = Vector128.Max(four, Vector128.Shuffle(four, Vector128.Create(2, 3, 0, 1)));
        return MathF.Max(two.GetElement(0), two.GetElement(1));
    }
}
