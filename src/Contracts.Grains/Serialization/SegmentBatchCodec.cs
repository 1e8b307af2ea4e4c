using System.Buffers;
using Krewe.Contracts.Experience;
using Orleans.Serialization.Buffers;
using Orleans.Serialization.Cloning;
using Orleans.Serialization.Codecs;
using Orleans.Serialization.WireProtocol;

namespace Krewe.Contracts.Grains.Serialization;

/// <summary>
/// Sends a segment batch as the one block that it is: one copy into the connection's buffer here, one out of it there, into pooled
/// memory that the receiver releases. Nothing is made per transition.
/// </summary>
/// <remarks>Within a process a batch is passed on as it is: who sends it leaves it alone until it has the answer.</remarks>
[RegisterSerializer, RegisterCopier]
public sealed class SegmentBatchCodec : IFieldCodec<SegmentBatch>, IDeepCopier<SegmentBatch>
{
    private static readonly SegmentBatchPool Received = new(most: 256, mostBytes: 256L << 20);

    /// <summary>Takes back the memory of a batch that came off the wire; the caller must not touch it any more.</summary>
    /// <param name="batch">The batch.</param>
    public static void Release(SegmentBatch batch) => Received.Return(batch);

    /// <inheritdoc/>
    public void WriteField<TBufferWriter>(ref Writer<TBufferWriter> writer, uint fieldIdDelta, Type expectedType, SegmentBatch value)
        where TBufferWriter : IBufferWriter<byte>
    {
        if (ReferenceCodec.TryWriteReferenceField(ref writer, fieldIdDelta, expectedType, value))
        {
            return;
        }

        ReadOnlySpan<byte> block = value.Bytes.Span;
        writer.WriteFieldHeader(fieldIdDelta, expectedType, typeof(SegmentBatch), WireType.LengthPrefixed);
        writer.WriteVarUInt32((uint)block.Length);
        writer.Write(block);
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidDataFormatException">The block is no segment batch.</exception>
    public SegmentBatch ReadValue<TInput>(ref Reader<TInput> reader, Field field)
    {
        if (field.WireType == WireType.Reference)
        {
            return ReferenceCodec.ReadReference<SegmentBatch, TInput>(ref reader, field);
        }

        field.EnsureWireType(WireType.LengthPrefixed);
        uint length = reader.ReadVarUInt32();
        Span<byte> head = stackalloc byte[SegmentBatch.HeaderBytes];
        BlockCodec.ReadHeader(ref reader, length, head, "segment batch");
        SegmentBatchHeader header = SegmentBatchHeader.Read(head);
        header.CheckLength(length);
        SegmentBatch batch = Received.Rent(header.Spec, header.SlotCount);
        reader.ReadBytes(batch.Receive(in header));
        ReferenceCodec.RecordObject(reader.Session, batch);
        return batch;
    }

    /// <inheritdoc/>
    public SegmentBatch DeepCopy(SegmentBatch input, CopyContext context) => input;
}
