using System.Runtime.InteropServices;

namespace Krewe.Contracts;

/// <summary>
/// A mini-batch of transitions in one contiguous block of memory, column by column. Allocated once by the learner and filled again
/// and again. Not thread-safe; one owner at a time.
/// </summary>
/// <remarks>
/// A transition is (s, a, R, d, s'): R is the n-step return sum of gamma^k r_k over the m &lt;= n steps that exist, s' the
/// observation after them, d = gamma^m, or 0 when the last of them terminated. The learner's target is R + d * max_a Q(s', a).
/// The block is a header of 64 bytes, <see cref="SampledBatchHeader"/>, and the columns: observations, next observations, returns,
/// discounts, weights, probabilities (float32), actions (int32), shards (int32), positions (int64). All little-endian.
/// </remarks>
public sealed class SampledBatch
{
    /// <summary>Bytes of the header.</summary>
    public const int HeaderBytes = WireSpec.HeaderBytes;

    /// <summary>The most bytes of a batch that is received, header included: 256 MiB.</summary>
    public const int MaxBytes = WireSpec.MaxBytes;

    /// <summary>Bytes of one row beside its two observations.</summary>
    public const int RowBytesBesideObservations = (6 * 4) + 8;

    private readonly byte[] _buffer;
    private SampledBatchLayout _layout;

    /// <summary>Allocates a batch, pinned, that holds as many rows as it has room for.</summary>
    /// <param name="spec">What a slot of the replay holds.</param>
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

    /// <summary>What a slot of the replay holds.</summary>
    public SegmentSpec Spec { get; }

    /// <summary>The most transitions that the batch can hold.</summary>
    public int Capacity { get; }

    /// <summary>Number of transitions, B, 1 to <see cref="Capacity"/>.</summary>
    public int Count { get; private set; }

    /// <summary>
    /// How many transitions could have been sampled when this batch was, over all shards; with <see cref="Probabilities"/> what
    /// importance weights are made of (Schaul et al. 2016).
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

    /// <summary>Factor of each sample's loss, [B]; 1 under uniform sampling.</summary>
    public Span<float> Weights => Floats(2);

    /// <summary>Probability with which each sample was drawn, [B].</summary>
    public Span<float> Probabilities => Floats(3);

    /// <summary>a, counted from 0, [B].</summary>
    public Span<int> Actions => MemoryMarshal.Cast<byte, int>(_buffer.AsSpan((int)_layout.Actions, 4 * Count));

    /// <summary>The shard that each sample came from, [B].</summary>
    public Span<int> Shards => MemoryMarshal.Cast<byte, int>(_buffer.AsSpan((int)_layout.Shards, 4 * Count));

    /// <summary>
    /// Each sample's position in its shard, [B]: slots are numbered without end, so that slot = position mod capacity and the
    /// generation is position / capacity. An update for a position that has been overwritten is dropped.
    /// </summary>
    public Span<long> Positions => MemoryMarshal.Cast<byte, long>(_buffer.AsSpan((int)_layout.Positions, 8 * Count));

    /// <summary>The block as it is sent: header and columns.</summary>
    public ReadOnlyMemory<byte> Bytes => _buffer.AsMemory(0, (int)_layout.End);

    /// <summary>Bytes of a block.</summary>
    /// <param name="spec">What a slot of the replay holds.</param>
    /// <param name="count">Rows, at least 1.</param>
    public static long BytesFor(SegmentSpec spec, int count) => new SampledBatchLayout(spec.ObservationBytes, count).End;

    /// <summary>Changes how many rows the batch holds. If it is another number, what the columns hold means nothing.</summary>
    /// <param name="count">Rows, 1 to <see cref="Capacity"/>.</param>
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
    /// Begins to receive a batch: writes its header and returns the memory behind it, which the caller fills with one copy.
    /// </summary>
    /// <param name="header">The header received.</param>
    /// <returns>
    /// Everything behind the header, <see cref="SampledBatchHeader.TotalBytes"/> - <see cref="HeaderBytes"/> bytes. Once it is filled,
    /// <see cref="Bytes"/> are the sender's.
    /// </returns>
    /// <exception cref="ArgumentException">The batch is for another spec, or has too few rows.</exception>
    public Span<byte> Receive(scoped in SampledBatchHeader header)
    {
        CheckSpec(header.Spec, nameof(header));
        Resize(header.Count);
        TableSize = header.TableSize;
        return _buffer.AsSpan(HeaderBytes, header.TotalBytes - HeaderBytes);
    }

    /// <summary>Copies rows of all columns out of another batch; <see cref="TableSize"/> stays.</summary>
    /// <param name="source">A batch of the same spec, not this one.</param>
    /// <param name="sourceStart">The first row there.</param>
    /// <param name="start">The first row here.</param>
    /// <param name="count">Number of rows.</param>
    /// <exception cref="ArgumentException">The batches are for different specs, or do not have these rows.</exception>
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

        Copy(source.Actions, Actions, 1);
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
        _layout = new SampledBatchLayout(Spec.ObservationBytes, count);
        SampledBatchHeader.WriteCount(_buffer, count);

        // What stands between two columns is sent too: it must not be what the memory held before.
        Clear(SampledBatchLayout.Observations + ((long)count * Spec.ObservationBytes), _layout.NextObservations);
        Clear(_layout.NextObservations + ((long)count * Spec.ObservationBytes), _layout.Floats);
        Clear(_layout.Shards + (4L * count), _layout.Positions);
    }

    private void Clear(long from, long to) => _buffer.AsSpan((int)from, (int)(to - from)).Clear();

    private Span<float> Floats(int column) =>
        MemoryMarshal.Cast<byte, float>(_buffer.AsSpan((int)_layout.Floats + (4 * Count * column), 4 * Count));
}
