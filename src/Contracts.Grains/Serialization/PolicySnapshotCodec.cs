using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Runtime.InteropServices;
using Orleans.Serialization.Buffers;
using Orleans.Serialization.Cloning;
using Orleans.Serialization.Codecs;
using Orleans.Serialization.WireProtocol;

namespace Krewe.Contracts.Grains;

/// <summary>Sends a policy as its version and its parameters, little-endian, in one block: the generated codec would write each number separately.</summary>
[RegisterSerializer, RegisterCopier]
public sealed class PolicySnapshotCodec : IFieldCodec<PolicySnapshot>, IDeepCopier<PolicySnapshot>
{
    /// <summary>Returns the memory of a received policy that has been copied to the pool; does nothing for other policies.</summary>
    /// <param name="policy">The policy; the caller must not use it afterwards.</param>
    public static void Release(PolicySnapshot policy)
    {
        if (Interlocked.Exchange(ref policy.Rented, null) is { } rented)
        {
            ArrayPool<float>.Shared.Return(rented);
        }
    }

    /// <inheritdoc/>
    public void WriteField<TBufferWriter>(ref Writer<TBufferWriter> writer, uint fieldIdDelta, Type? expectedType, PolicySnapshot? value)
        where TBufferWriter : IBufferWriter<byte>
    {
        if (ReferenceCodec.TryWriteReferenceField(ref writer, fieldIdDelta, expectedType, value))
        {
            return;
        }

        ReadOnlySpan<byte> parameters = MemoryMarshal.AsBytes(value!.Parameters.Span);
        writer.WriteFieldHeader(fieldIdDelta, expectedType, typeof(PolicySnapshot), WireType.LengthPrefixed);
        writer.WriteVarUInt32((uint)(sizeof(long) + parameters.Length));
        writer.WriteInt64(value.Version);
        writer.Write(parameters);
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidDataFormatException">The block is not a valid policy.</exception>
    public PolicySnapshot? ReadValue<TInput>(ref Reader<TInput> reader, Field field)
    {
        if (field.WireType == WireType.Reference)
        {
            return ReferenceCodec.ReadReference<PolicySnapshot, TInput>(ref reader, field);
        }

        field.EnsureWireType(WireType.LengthPrefixed);
        uint length = reader.ReadVarUInt32();
        if (length < sizeof(long) || length % sizeof(float) != 0 || length - sizeof(long) > reader.Length - reader.Position)
        {
            throw new InvalidDataFormatException(string.Create(
                CultureInfo.InvariantCulture, $"policy of {length} bytes: expected 8 for its version, 4 for each parameter, and no more than the message has"));
        }

        long version = reader.ReadInt64();
        int count = (int)(length - sizeof(long)) / sizeof(float);
        float[] parameters = ArrayPool<float>.Shared.Rent(count);
        reader.ReadBytes(MemoryMarshal.AsBytes(parameters.AsSpan(0, count)));
        var snapshot = new PolicySnapshot(version, parameters.AsMemory(0, count)) { Rented = parameters };
        ReferenceCodec.RecordObject(reader.Session, snapshot);
        return snapshot;
    }

    /// <inheritdoc/>
    [return: NotNullIfNotNull(nameof(input))]
    public PolicySnapshot? DeepCopy(PolicySnapshot? input, CopyContext context) => input;
}
