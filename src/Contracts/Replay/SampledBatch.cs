using System.Runtime.InteropServices;

namespace Krewe.Contracts;

/// <summary>
/// A mini-batch of transitions in one contiguous block of memory, stored by column. The learner allocates it once and refills it for every
/// update. Not thread-safe.
/// </summary>
/// <remarks>
/// A transition is (s, a, R, d, s'): R is the n-step return sum of gamma^k r_k over the m &lt;= n steps that exist, s' is the observation
/// after them, and d is gamma^m, or 0 if the last step terminated the episode. The learner's target is R + d * max_a Q(s', a). The block
/// consists of a 128-byte header, <see cref="SampledBatchHeader"/>, and the columns: observations, next observations, returns, discounts,
/// weights, probabilities (float32), actions, shards (int32), positions (int64). All values are little-endian.
/// </remarks>
public sealed class SampledBatch
{
    /// <summary>Size of the header in bytes.</summary>
    public const int HeaderBytes = WireSpec.HeaderBytes;

    /// <summary>The maximum size of a received batch in bytes, including the header: 256 MiB.</summary>
    public const int MaxBytes = WireSpec.MaxBytes;

    private readonly byte[] _buffer;
    private SampledBatchLayout _layout;

    /// <summary>Allocates a batch in pinned memory, initially with as many rows as its capacity.</summary>
    /// <param name="spec">The slot format of the replay.</param>
    /// <param name="count">Number of transitions, at least 1.</param>
    public SampledBatch(SegmentSpec spec, int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        Spec = spec;
        Capacity = count;
        _buffer = GC.AllocateArray<byte>(checked((int)BytesFor(spec, count)), pinned: true);
        SampledBatchHeader.Write(_buffer, spec);
        Layout(count);
    }

    /// <summary>The slot format of the replay.</summary>
    public SegmentSpec Spec { get; }

    /// <summary>The maximum number of transitions.</summary>
    public int Capacity { get; }

    /// <summary>Number of transitions, B, 1 to <see cref="Capacity"/>.</summary>
    public int Count { get; private set; }

    /// <summary>
    /// Number of transitions that could be sampled, over all shards, when this batch was drawn: N of the importance weights (Schaul et al.
    /// 2016), which are computed from <see cref="Probabilities"/>.
    /// </summary>
    public long TableSize
    {
        get => SampledBatchHeader.ReadTableSize(_buffer);
        set => SampledBatchHeader.WriteTableSize(_buffer, value);
    }

    /// <summary>s, [B * observation bytes].</summary>
    public Span<byte> Observations => _buffer.AsSpan((int)SampledBatchLayout.Observations, Count * Spec.ObservationBytes);

    /// <summary>s', [B * observation bytes].</summary>
    public Span<byte> NextObservations => _buffer.AsSpan((int)_layout.NextObservations, Count * Spec.ObservationBytes);

    /// <summary>R, [B].</summary>
    public Span<float> Returns => Floats(0);

    /// <summary>d, [B].</summary>
    public Span<float> Discounts => Floats(1);

    /// <summary>Loss weight of each sample, [B]; 1 with uniform sampling.</summary>
    public Span<float> Weights => Floats(2);

    /// <summary>Probability with which each sample was drawn, over all shards, [B].</summary>
    public Span<float> Probabilities => Floats(3);

    /// <summary>a in the element type of the spec, [B * action bytes]; discrete actions are zero-based int32.</summary>
    public Span<byte> ActionBytes => _buffer.AsSpan((int)_layout.Actions, Count * Spec.ActionBytes);

    /// <summary>Discrete a, zero-based, [B].</summary>
    /// <exception cref="InvalidOperationException">The actions are a box: read <see cref="ActionBytes"/>.</exception>
    public Span<int> Actions => Spec.ActionType == ElementType.Int32
        ? MemoryMarshal.Cast<byte, int>(_buffer.AsSpan((int)_layout.Actions, 4 * Count))
        : throw Spec.NotDiscrete();

    /// <summary>The shard that each sample came from, [B].</summary>
    public Span<int> Shards => MemoryMarshal.Cast<byte, int>(_buffer.AsSpan((int)_layout.Shards, 4 * Count));

    /// <summary>
    /// Position of each sample in its shard, [B]. Positions number all slots ever written: slot = position mod capacity, generation =
    /// position / capacity. An update for a position that has been overwritten is dropped.
    /// </summary>
    public Span<long> Positions => MemoryMarshal.Cast<byte, long>(_buffer.AsSpan((int)_layout.Positions, 8 * Count));

    /// <summary>The block in wire format: header and columns.</summary>
    public ReadOnlyMemory<byte> Bytes => _buffer.AsMemory(0, (int)_layout.End);

    /// <summary>Returns the size of a block in bytes.</summary>
    /// <param name="spec">The slot format.</param>
    /// <param name="count">Number of rows, at least 1.</param>
    public static long BytesFor(SegmentSpec spec, int count) => new SampledBatchLayout(spec, count).End;

    /// <summary>Returns the size of one row in bytes, without the padding between columns.</summary>
    /// <param name="spec">The slot format.</param>
    public static int RowBytes(SegmentSpec spec) => (2 * spec.ObservationBytes) + spec.ActionBytes + (5 * 4) + 8;

    /// <summary>Changes the number of rows. If the number changes, the contents of the columns are undefined.</summary>
    /// <param name="count">Number of rows, 1 to <see cref="Capacity"/>.</param>
    public void Resize(int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Capacity);
        if (count != Count)
        {
            Layout(count);
        }
    }

    /// <summary>
    /// Starts receiving a batch: writes the header and returns the memory after it, which the caller fills with one copy.
    /// </summary>
    /// <param name="header">The header received.</param>
    /// <returns>
    /// The memory after the header, <see cref="SampledBatchHeader.TotalBytes"/> - <see cref="HeaderBytes"/> bytes. Once it is filled,
    /// <see cref="Bytes"/> is equal to the sender's block.
    /// </returns>
    /// <exception cref="ArgumentException">The batch is for another spec, or has too few rows.</exception>
    public Span<byte> Receive(scoped in SampledBatchHeader header)
    {
        CheckSpec(header.Spec, nameof(header));
        Resize(header.Count);
        TableSize = header.TableSize;
        return _buffer.AsSpan(HeaderBytes, header.TotalBytes - HeaderBytes);
    }

    /// <summary>Copies rows of all columns from another batch; <see cref="TableSize"/> is unchanged.</summary>
    /// <param name="source">A batch of the same spec, not this one.</param>
    /// <param name="sourceStart">The first row in the source.</param>
    /// <param name="start">The first row in this batch.</param>
    /// <param name="count">Number of rows.</param>
    /// <exception cref="ArgumentException">The batches are for different specs, or do not have the rows.</exception>
    public void CopyRows(SampledBatch source, int sourceStart, int start, int count)
    {
        CheckSpec(source.Spec, nameof(source));
        int bytes = Spec.ObservationBytes;
        Copy(source.Observations, Observations, bytes);
        Copy(source.NextObservations, NextObservations, bytes);
        for (int column = 0; column < 4; column++)
        {
            Copy(source.Floats(column), Floats(column), 1);
        }

        Copy(source.ActionBytes, ActionBytes, Spec.ActionBytes);
        Copy(source.Shards, Shards, 1);
        Copy(source.Positions, Positions, 1);

        void Copy<T>(Span<T> from, Span<T> to, int width) =>
            from.Slice(sourceStart * width, count * width).CopyTo(to.Slice(start * width, count * width));
    }

    private void CheckSpec(SegmentSpec? other, string name)
    {
        if (!ReferenceEquals(other, Spec) && other?.Hash != Spec.Hash)
        {
            throw new ArgumentException($"the batch is for {Spec}, the {name} for {other}", name);
        }
    }

    private void Layout(int count)
    {
        Count = count;
        _layout = new SampledBatchLayout(Spec, count);
        SampledBatchHeader.WriteCount(_buffer, count);

        // The padding between columns is sent too: clear it, so that old memory contents do not leak.
        Clear(SampledBatchLayout.Observations + ((long)count * Spec.ObservationBytes), _layout.NextObservations);
        Clear(_layout.NextObservations + ((long)count * Spec.ObservationBytes), _layout.Floats);
        Clear(_layout.Shards + (4L * count), _layout.Positions);
    }

    private void Clear(long from, long to) => _buffer.AsSpan((int)from, (int)(to - from)).Clear();

    private Span<float> Floats(int column) =>
        MemoryMarshal.Cast<byte, float>(_buffer.AsSpan((int)_layout.Floats + (4 * Count * column), 4 * Count));
}
