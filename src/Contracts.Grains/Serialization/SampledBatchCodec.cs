using System.Buffers;
using Krewe.Contracts.Experience;
using Krewe.Contracts.Replay;
using Orleans.Serialization.Buffers;
using Orleans.Serialization.Cloning;
using Orleans.Serialization.Codecs;
using Orleans.Serialization.WireProtocol;

namespace Krewe.Contracts.Grains.Serialization;

/// <summary>
/// Sends sampled transitions as the one block that they are. A batch has one owner: once it is in the connection's buffer it goes
/// back to the pool that it came from, and the receiver releases what it was given when it has used it.
/// </summary>
[RegisterSerializer, RegisterCopier]
public sealed class SampledBatchCodec : IFieldCodec<SampledBatch>, IDeepCopier<SampledBatch>
{
    private static readonly SampledBatchPool Pool = new(most: 64, mostBytes: 256L << 20);

    /// <summary>Memory to fill and send.</summary>
    /// <param name="spec">What a slot of the replay holds.</param>
    /// <param name="rows">Rows, at least 1.</param>
    public static SampledBatch Rent(SegmentSpec spec, int rows) => Pool.Rent(spec, rows);

    /// <summary>Takes back a batch that has been used and was not sent; the caller must not touch it any more.</summary>
    /// <param name="batch">The batch.</param>
    public static void Release(SampledBatch batch) => Pool.Return(batch);

    /// <inheritdoc/>
    public void WriteField<TBufferWriter>(ref Writer<TBufferWriter> writer, uint fieldIdDelta, Type expectedType, SampledBatch value)
        where TBufferWriter : IBufferWriter<byte>
    {
        if (ReferenceCodec.TryWriteReferenceField(ref writer, fieldIdDelta, expectedType, value))
        {
            return;
        }

        ReadOnlySpan<byte> block = value.Bytes.Span;
        writer.WriteFieldHeader(fieldIdDelta, expectedType, typeof(SampledBatch), WireType.LengthPrefixed);
        writer.WriteVarUInt32((uint)block.Length);
        writer.Write(block);
        Pool.Return(value);
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidDataFormatException">The block is no batch of samples.</exception>
    public SampledBatch ReadValue<TInput>(ref Reader<TInput> reader, Field field)
    {
        if (field.WireType == WireType.Reference)
        {
            return ReferenceCodec.ReadReference<SampledBatch, TInput>(ref reader, field);
        }

        field.EnsureWireType(WireType.LengthPrefixed);
        uint length = reader.ReadVarUInt32();
        Span<byte> head = stackalloc byte[SampledBatch.HeaderBytes];
        BlockCodec.ReadHeader(ref reader, length, head, "sampled batch");
        SampledBatchHeader header = SampledBatchHeader.Read(head);
        header.CheckLength(length);
        SampledBatch batch = Pool.Rent(header.Spec, header.Count);
        reader.ReadBytes(batch.Receive(in header));
        ReferenceCodec.RecordObject(reader.Session, batch);
        return batch;
    }

    /// <inheritdoc/>
    public SampledBatch DeepCopy(SampledBatch input, CopyContext context) => input;
}
