namespace Krewe.Contracts.Grains;

/// <summary>Sends segment batches; the actor keeps a batch until it is acknowledged.</summary>
[RegisterSerializer, RegisterCopier]
public sealed class SegmentBatchCodec : BlockCodec<SegmentBatch>
{
    private static readonly SegmentBatchPool Received = new(most: 256, mostBytes: 256L << 20);

    private protected override string Name => "segment batch";

    /// <summary>Returns the memory of a received batch to the pool; the caller must not use it any more.</summary>
    /// <param name="batch">The batch.</param>
    public static void Release(SegmentBatch batch) => Received.Return(batch);

    private protected override ReadOnlySpan<byte> BytesOf(SegmentBatch batch) => batch.Bytes.Span;

    private protected override void Written(SegmentBatch batch)
    {
    }

    private protected override SegmentBatch Receive(scoped ReadOnlySpan<byte> header, uint length, out Span<byte> rest)
    {
        SegmentBatchHeader read = SegmentBatchHeader.Read(header);
        read.CheckLength(length);
        SegmentBatch batch = Received.Rent(read.Spec, read.SlotCount);
        rest = batch.Receive(in read);
        return batch;
    }
}
