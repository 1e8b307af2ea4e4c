namespace Krewe.Contracts.Grains;

/// <summary>
/// Sends sampled transitions. A batch has one owner: once copied into the connection's buffer it returns to its pool, and the receiver
/// releases what it received when it has used it.
/// </summary>
[RegisterSerializer, RegisterCopier]
public sealed class SampledBatchCodec : BlockCodec<SampledBatch>
{
    private static readonly SampledBatchPool Pool = new(most: 64, mostBytes: 256L << 20);

    private protected override string Name => "sampled batch";

    /// <summary>Takes a batch to fill and send.</summary>
    /// <param name="spec">What a slot of the replay holds.</param>
    /// <param name="rows">Rows, at least 1.</param>
    public static SampledBatch Rent(SegmentSpec spec, int rows) => Pool.Rent(spec, rows);

    /// <summary>Returns a batch that has been used and was not sent to the pool; the caller must not use it any more.</summary>
    /// <param name="batch">The batch.</param>
    public static void Release(SampledBatch batch) => Pool.Return(batch);

    private protected override ReadOnlySpan<byte> BytesOf(SampledBatch batch) => batch.Bytes.Span;

    private protected override void Written(SampledBatch batch) => Pool.Return(batch);

    private protected override SampledBatch Receive(scoped ReadOnlySpan<byte> header, uint length, out Span<byte> rest)
    {
        SampledBatchHeader read = SampledBatchHeader.Read(header);
        read.CheckLength(length);
        SampledBatch batch = Pool.Rent(read.Spec, read.Count);
        rest = batch.Receive(in read);
        return batch;
    }
}
