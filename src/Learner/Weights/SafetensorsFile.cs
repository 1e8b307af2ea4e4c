using System.Buffers.Binary;
using System.Collections.Immutable;

namespace Krewe.Learner;

/// <summary>The element types that Krewe stores.</summary>
public enum TensorType
{
    /// <summary>IEEE 754 single precision, <c>F32</c>.</summary>
    F32,

    /// <summary>Signed 64-bit integer, <c>I64</c>.</summary>
    I64,

    /// <summary>Unsigned byte, <c>U8</c>.</summary>
    U8,
}

/// <summary>A named array of a safetensors file.</summary>
/// <param name="Type">Element type.</param>
/// <param name="Shape">Length of each dimension, outermost first; empty for a scalar.</param>
/// <param name="Data">The elements, row-major and little-endian.</param>
public sealed record StoredTensor(TensorType Type, ImmutableArray<long> Shape, ReadOnlyMemory<byte> Data)
{
    /// <summary>Bytes of one element.</summary>
    /// <param name="type">The element type.</param>
    public static int ByteSize(TensorType type) => type switch
    {
        TensorType.F32 => 4,
        TensorType.I64 => 8,
        _ => 1,
    };

    /// <summary>A tensor of floats; the elements are copied.</summary>
    /// <param name="values">The elements, row-major.</param>
    /// <param name="shape">Length of each dimension; the product is the number of elements.</param>
    /// <exception cref="ArgumentException">Shape and number of elements differ.</exception>
    public static StoredTensor FromFloats(ReadOnlySpan<float> values, params ReadOnlySpan<long> shape)
    {
        long count = 1;
        foreach (long dimension in shape)
        {
            count = checked(count * dimension);
        }

        if (count != values.Length)
        {
            throw new ArgumentException($"shape [{string.Join(", ", shape.ToArray())}] has {count} elements, got {values.Length}", nameof(shape));
        }

        var data = new byte[checked(4 * values.Length)];
        for (int i = 0; i < values.Length; i++)
        {
            BinaryPrimitives.WriteSingleLittleEndian(data.AsSpan(4 * i), values[i]);
        }

        return new StoredTensor(TensorType.F32, [.. shape], data);
    }

    /// <summary>Copies the floats out.</summary>
    /// <param name="values">Receives them; as long as the tensor.</param>
    public void CopyTo(Span<float> values)
    {
        ReadOnlySpan<byte> data = Data.Span;
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = BinaryPrimitives.ReadSingleLittleEndian(data[(4 * i)..]);
        }
    }
}

/// <summary>
/// The content of a safetensors file (https://github.com/huggingface/safetensors, README "Format"): named tensors and a map of
/// strings. Any language's safetensors library reads what <see cref="SafetensorsWriter"/> writes.
/// </summary>
/// <remarks>
/// The file: 8 bytes N, little-endian; N bytes of JSON, padded with spaces so that the data begins at a multiple of 8; the data.
/// The JSON maps each name to <c>dtype</c>, <c>shape</c> and <c>data_offsets</c> [begin, end), counted from the start of the data,
/// and <c>__metadata__</c> to the strings. The tensors cover the data without holes or overlaps.
/// </remarks>
/// <param name="Tensors">The tensors by name.</param>
/// <param name="Metadata">The strings by key.</param>
public sealed record SafetensorsFile(IReadOnlyDictionary<string, StoredTensor> Tensors, IReadOnlyDictionary<string, string> Metadata)
{
    /// <summary>The longest header that is read or written, in bytes, as in the reference implementation.</summary>
    public const int MaxHeaderLength = 100_000_000;

    /// <summary>The header's key of the map of strings.</summary>
    internal const string MetadataKey = "__metadata__";
}
