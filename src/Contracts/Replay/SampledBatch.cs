using System.Runtime.InteropServices;
using Krewe.Contracts.Experience;

namespace Krewe.Contracts.Replay;

/// <summary>
/// A mini-batch of transitions in one contiguous block of memory, column by column. Allocated once by the learner and filled again
/// and again. Not thread-safe; one owner at a time.
/// </summary>
/// <remarks>
/// A transition is (s, a, R, d, s'): R is the n-step return sum of gamma^k r_k over the m &lt;= n steps that exist, s' the
/// observation after them, d = gamma^m, or 0 when the last of them terminated. The learner's target is R + d * max_a Q(s', a).
/// Columns: observations, next observations, returns, discounts, weights, probabilities (float32), actions (int32), shards (int32),
/// positions (int64).
/// </remarks>
public sealed class SampledBatch
{
    private readonly byte[] _buffer;
    private readonly int _nextObservations;
    private readonly int _floats;
    private readonly int _actions;
    private readonly int _shards;
    private readonly int _positions;

    /// <summary>Allocates a batch, pinned.</summary>
    /// <param name="spec">What a slot of the replay holds.</param>
    /// <param name="count">Number of transitions, at least 1.</param>
    public SampledBatch(SegmentSpec spec, int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        Spec = spec;
        Count = count;
        int observations = checked(count * spec.ObservationBytes);
        _nextObservations = Align(observations);
        _floats = Align(checked(_nextObservations + observations));
        _actions = _floats + (4 * 4 * count);
        _shards = _actions + (4 * count);
        _positions = Align(_shards + (4 * count));
        _buffer = GC.AllocateArray<byte>(_positions + (8 * count), pinned: true);
    }

    /// <summary>What a slot of the replay holds.</summary>
    public SegmentSpec Spec { get; }

    /// <summary>Number of transitions, B.</summary>
    public int Count { get; }

    /// <summary>
    /// How many transitions could have been sampled when this batch was, over all shards; with <see cref="Probabilities"/> what
    /// importance weights are made of (Schaul et al. 2016).
    /// </summary>
    public long TableSize { get; set; }

    /// <summary>s, [B * observation bytes].</summary>
    public Span<byte> Observations => _buffer.AsSpan(0, Count * Spec.ObservationBytes);

    /// <summary>s', [B * observation bytes].</summary>
    public Span<byte> NextObservations => _buffer.AsSpan(_nextObservations, Count * Spec.ObservationBytes);

    /// <summary>R, [B].</summary>
    public Span<float> Returns => Floats(0);

    /// <summary>d, [B].</summary>
    public Span<float> Discounts => Floats(1);

    /// <summary>Factor of each sample's loss, [B]; 1 under uniform sampling.</summary>
    public Span<float> Weights => Floats(2);

    /// <summary>Probability with which each sample was drawn, [B].</summary>
    public Span<float> Probabilities => Floats(3);

    /// <summary>a, counted from 0, [B].</summary>
    public Span<int> Actions => MemoryMarshal.Cast<byte, int>(_buffer.AsSpan(_actions, 4 * Count));

    /// <summary>The shard that each sample came from, [B].</summary>
    public Span<int> Shards => MemoryMarshal.Cast<byte, int>(_buffer.AsSpan(_shards, 4 * Count));

    /// <summary>
    /// Each sample's position in its shard, [B]: slots are numbered without end, so that slot = position mod capacity and the
    /// generation is position / capacity. An update for a position that has been overwritten is dropped.
    /// </summary>
    public Span<long> Positions => MemoryMarshal.Cast<byte, long>(_buffer.AsSpan(_positions, 8 * Count));

    /// <summary>The whole block.</summary>
    public Span<byte> Bytes => _buffer;

    private static int Align(int offset) => checked(offset + 63) & ~63;

    private Span<float> Floats(int column) =>
        MemoryMarshal.Cast<byte, float>(_buffer.AsSpan(_floats + (4 * Count * column), 4 * Count));
}
