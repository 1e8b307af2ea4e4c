using System.Buffers;
using System.Buffers.Binary;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Krewe.Learner;

/// <summary>Writes safetensors files. The same content gives the same bytes.</summary>
public static class SafetensorsWriter
{
    /// <summary>Writes the whole file to a stream: keys in ordinal order, the tensors' data in the order of their names.</summary>
    /// <param name="stream">Receives the bytes.</param>
    /// <param name="content">What to write.</param>
    /// <exception cref="ArgumentException">A tensor has the name of the metadata, or its data do not fill its shape.</exception>
    public static void Write(Stream stream, SafetensorsFile content)
    {
        string[] names = [.. content.Tensors.Keys.Order(StringComparer.Ordinal)];
        byte[] header = Header(content, names);
        Span<byte> length = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)header.Length);
        stream.Write(length);
        stream.Write(header);
        foreach (string name in names)
        {
            stream.Write(content.Tensors[name].Data.Span);
        }
    }

    private static byte[] Header(SafetensorsFile content, string[] names)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        json.WriteStartObject();
        if (content.Metadata.Count > 0)
        {
            json.WriteStartObject(SafetensorsFile.MetadataKey);
            foreach (string key in content.Metadata.Keys.Order(StringComparer.Ordinal))
            {
                json.WriteString(key, content.Metadata[key]);
            }

            json.WriteEndObject();
        }

        long offset = 0;
        foreach (string name in names)
        {
            StoredTensor tensor = content.Tensors[name];
            long bytes = StoredTensor.ByteSize(tensor.Type);
            foreach (long dimension in tensor.Shape)
            {
                bytes = checked(bytes * dimension);
            }

            if (name == SafetensorsFile.MetadataKey || bytes != tensor.Data.Length)
            {
                throw new ArgumentException($"tensor '{name}' of {tensor.Data.Length} bytes cannot be written; its shape needs {bytes} bytes");
            }

            json.WriteStartObject(name);
            json.WriteString("dtype", tensor.Type.ToString());
            json.WriteStartArray("shape");
            foreach (long dimension in tensor.Shape)
            {
                json.WriteNumberValue(dimension);
            }

            json.WriteEndArray();
            json.WriteStartArray("data_offsets");
            json.WriteNumberValue(offset);
            json.WriteNumberValue(offset += bytes);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.Flush();
        int padded = (buffer.WrittenCount + 7) & ~7;
        var header = new byte[padded];
        buffer.WrittenSpan.CopyTo(header);
        header.AsSpan(buffer.WrittenCount).Fill((byte)' ');
        return header;
    }
}
