using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Orleans.Serialization.Buffers;
using Orleans.Serialization.Cloning;
using Orleans.Serialization.Codecs;
using Orleans.Serialization.WireProtocol;

namespace Krewe.Contracts.Grains;

/// <summary>
/// Sends a batch as one contiguous block: the sender copies it once into the connection's buffer, and the receiver copies it once into
/// pooled memory, which the caller releases. There are no objects per transition, and nothing is allocated before the block's header and
/// length have been validated.
/// </summary>
/// <remarks>Within a process a batch is passed by reference: the sender must not modify it until the call has completed.</remarks>
/// <typeparam name="TBatch">The batch.</typeparam>
public abstract class BlockCodec<TBatch> : IFieldCodec<TBatch>, IDeepCopier<TBatch>
    where TBatch : class
{
    // Both kinds of block have the same header.
    private const int HeaderBytes = SegmentBatch.HeaderBytes;

    /// <summary>Name of the block, for messages.</summary>
    private protected abstract string Name { get; }

    /// <inheritdoc/>
    public void WriteField<TBufferWriter>(ref Writer<TBufferWriter> writer, uint fieldIdDelta, Type? expectedType, TBatch? value)
        where TBufferWriter : IBufferWriter<byte>
    {
        if (ReferenceCodec.TryWriteReferenceField(ref writer, fieldIdDelta, expectedType, value))
        {
            return;
        }

        ReadOnlySpan<byte> block = BytesOf(value!);
        writer.WriteFieldHeader(fieldIdDelta, expectedType, typeof(TBatch), WireType.LengthPrefixed);
        writer.WriteVarUInt32((uint)block.Length);
        writer.Write(block);
        Written(value!);
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidDataFormatException">The block is not a valid batch.</exception>
    public TBatch? ReadValue<TInput>(ref Reader<TInput> reader, Field field)
    {
        if (field.WireType == WireType.Reference)
        {
            return ReferenceCodec.ReadReference<TBatch, TInput>(ref reader, field);
        }

        field.EnsureWireType(WireType.LengthPrefixed);
        uint length = reader.ReadVarUInt32();
        CheckLength(length, reader.Length - reader.Position);
        Span<byte> header = stackalloc byte[HeaderBytes];
        reader.ReadBytes(header);
        TBatch batch = Receive(header, length, out Span<byte> rest);
        reader.ReadBytes(rest);
        ReferenceCodec.RecordObject(reader.Session, batch);
        return batch;
    }

    /// <inheritdoc/>
    [return: NotNullIfNotNull(nameof(input))]
    public TBatch? DeepCopy(TBatch? input, CopyContext context) => input;

    /// <summary>The block.</summary>
    private protected abstract ReadOnlySpan<byte> BytesOf(TBatch batch);

    /// <summary>Called when a batch has been copied into the connection's buffer.</summary>
    private protected abstract void Written(TBatch batch);

    /// <summary>Takes memory for a block whose header is valid and whose length matches it.</summary>
    /// <param name="header">The header.</param>
    /// <param name="length">Bytes of the block.</param>
    /// <param name="rest">Receives where the bytes after the header belong.</param>
    private protected abstract TBatch Receive(scoped ReadOnlySpan<byte> header, uint length, out Span<byte> rest);

    private void CheckLength(uint length, long left)
    {
        if (length < HeaderBytes)
        {
            throw new InvalidDataFormatException(string.Create(
                CultureInfo.InvariantCulture, $"{Name} of {length} bytes: expected at least the {HeaderBytes} of its header"));
        }

        if (length > left)
        {
            throw new InvalidDataFormatException(string.Create(
                CultureInfo.InvariantCulture, $"{Name} of {length} bytes: the message has only {left} more"));
        }
    }
}
