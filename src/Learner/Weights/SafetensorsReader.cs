using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Text.Json;
using Krewe.Contracts;

namespace Krewe.Learner;

/// <summary>Reads safetensors files and trusts nothing in them: whatever the bytes, the answer is valid content or a named fault.</summary>
public static class SafetensorsReader
{
    /// <summary>Reads a file.</summary>
    /// <param name="path">Where it is.</param>
    /// <exception cref="InvalidDataFormatException">The file is damaged or not a safetensors file; the message names it and the fault.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static SafetensorsFile Read(string path) => Parse(File.ReadAllBytes(path), path);

    /// <summary>Reads a file that is in memory. The tensors refer to <paramref name="file"/>; nothing is copied.</summary>
    /// <param name="file">The whole file.</param>
    /// <param name="name">What to call it in messages.</param>
    /// <exception cref="InvalidDataFormatException">The bytes are damaged or not a safetensors file.</exception>
    public static SafetensorsFile Parse(ReadOnlyMemory<byte> file, string name)
    {
        if (file.Length < 8)
        {
            throw Fault(name, $"it has {file.Length} bytes, the length of the header alone takes 8");
        }

        ulong headerLength = BinaryPrimitives.ReadUInt64LittleEndian(file.Span);
        if (headerLength > SafetensorsFile.MaxHeaderLength || headerLength > (ulong)(file.Length - 8))
        {
            throw Fault(name, $"its header should have {headerLength} bytes, but {file.Length - 8} follow (at most {SafetensorsFile.MaxHeaderLength} are allowed)");
        }

        ReadOnlyMemory<byte> header = file.Slice(8, (int)headerLength);
        ReadOnlyMemory<byte> data = file[(8 + (int)headerLength)..];
        try
        {
            // Duplicate keys would let two readers see two different files.
            using var json = JsonDocument.Parse(header, new JsonDocumentOptions { AllowDuplicateProperties = false });
            return Content(json.RootElement, data, name);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: text that is not valid UTF-8 or UTF-16 inside a string.
            string at = e is JsonException { LineNumber: { } line, BytePositionInLine: { } position } ? $" at line {line + 1}, position {position + 1}" : "";
            throw Fault(name, $"its header is not valid JSON{at}", e);
        }
    }

    private static SafetensorsFile Content(JsonElement root, ReadOnlyMemory<byte> data, string name)
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            throw Fault(name, $"its header is a JSON {root.ValueKind}, expected an object");
        }

        var tensors = new Dictionary<string, StoredTensor>(StringComparer.Ordinal);
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal);
        var ranges = new List<(long Begin, long End, string Tensor)>();
        foreach (JsonProperty property in root.EnumerateObject())
        {
            if (property.Name == SafetensorsFile.MetadataKey)
            {
                ReadMetadata(property.Value, metadata, name);
                continue;
            }

            (long begin, long end, TensorType type, ImmutableArray<long> shape) = Entry(property, data.Length, name);
            ranges.Add((begin, end, property.Name));
            tensors.Add(property.Name, new StoredTensor(type, shape, data[(int)begin..(int)end]));
        }

        ranges.Sort();
        long covered = 0;
        foreach ((long begin, long end, string tensor) in ranges)
        {
            if (begin != covered)
            {
                throw Fault(name, $"tensor '{tensor}' begins at byte {begin} of the data, expected {covered}: tensors overlap or leave a hole");
            }

            covered = end;
        }

        return covered == data.Length
            ? new SafetensorsFile(tensors, metadata)
            : throw Fault(name, $"its tensors cover {covered} bytes, but {data.Length} bytes of data follow the header");
    }

    private static (long Begin, long End, TensorType Type, ImmutableArray<long> Shape) Entry(JsonProperty property, long available, string name)
    {
        string tensor = property.Name;
        if (property.Value.ValueKind != JsonValueKind.Object)
        {
            throw Fault(name, $"tensor '{tensor}' is described by a JSON {property.Value.ValueKind}, expected an object");
        }

        string? dtype = property.Value.TryGetProperty("dtype", out JsonElement text) && text.ValueKind == JsonValueKind.String ? text.GetString() : null;
        TensorType type = dtype switch
        {
            "F32" => TensorType.F32,
            "I64" => TensorType.I64,
            "U8" => TensorType.U8,
            _ => throw Fault(name, $"tensor '{tensor}' has dtype '{dtype}', expected F32, I64 or U8"),
        };
        ImmutableArray<long> shape = Integers(property.Value, "shape", tensor, name);
        ImmutableArray<long> offsets = Integers(property.Value, "data_offsets", tensor, name);
        if (offsets.Length != 2 || offsets[0] > offsets[1] || offsets[1] > available)
        {
            throw Fault(name, $"tensor '{tensor}' has data_offsets [{string.Join(", ", offsets)}], expected two within the {available} bytes of data");
        }

        // 128 bits hold the product of a 64-bit dimension and anything that is still within the file.
        Int128 bytes = StoredTensor.ByteSize(type);
        foreach (long dimension in shape)
        {
            bytes = bytes > long.MaxValue ? bytes : bytes * dimension;
        }

        // A zero behind an overflowing product is an empty shape too. No writer makes one; it is refused here.
        return bytes == offsets[1] - offsets[0]
            ? (offsets[0], offsets[1], type, shape)
            : throw Fault(name, $"tensor '{tensor}' of shape [{string.Join(", ", shape)}] takes {bytes} bytes, its data_offsets give {offsets[1] - offsets[0]}");
    }

    private static ImmutableArray<long> Integers(JsonElement entry, string key, string tensor, string name)
    {
        if (!entry.TryGetProperty(key, out JsonElement array) || array.ValueKind != JsonValueKind.Array)
        {
            throw Fault(name, $"tensor '{tensor}' has no array '{key}'");
        }

        var integers = ImmutableArray.CreateBuilder<long>(array.GetArrayLength());
        foreach (JsonElement element in array.EnumerateArray())
        {
            if (element.ValueKind != JsonValueKind.Number || !element.TryGetInt64(out long value) || value < 0)
            {
                throw Fault(name, $"'{key}' of tensor '{tensor}' holds {element.GetRawText()}, expected whole numbers from 0 up");
            }

            integers.Add(value);
        }

        return integers.MoveToImmutable();
    }

    private static void ReadMetadata(JsonElement map, Dictionary<string, string> metadata, string name)
    {
        if (map.ValueKind != JsonValueKind.Object)
        {
            throw Fault(name, $"'{SafetensorsFile.MetadataKey}' is a JSON {map.ValueKind}, expected an object of strings");
        }

        foreach (JsonProperty property in map.EnumerateObject())
        {
            metadata.Add(
                property.Name,
                property.Value.ValueKind == JsonValueKind.String
                    ? property.Value.GetString()!
                    : throw Fault(name, $"metadata '{property.Name}' is a JSON {property.Value.ValueKind}, expected a string"));
        }
    }

    private static InvalidDataFormatException Fault(string name, string what, Exception? inner = null) =>
        new($"'{name}' is not a valid safetensors file: {what}", inner);
}
