using System.Buffers.Binary;
using System.IO.Compression;
using System.Text.Json;
using Krewe.Contracts;

namespace Krewe.Environments;

/// <summary>Reads a file of recordings, plain or gzip: one JSON object per line, or a single one that spans the file.</summary>
internal static class RecordingReader
{
    private static ReadOnlySpan<byte> GzipMagic => [0x1F, 0x8B, 0x08];

    /// <summary>Returns the objects in the file, one after the other. Each is valid until the next iteration.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="InvalidDataFormatException">The file is missing, empty, damaged or not JSON.</exception>
    public static IEnumerable<RecordedLine> Read(string path)
    {
        using StreamReader reader = Open(path);
        int number = 0;
        bool any = false;
        while (reader.ReadLine() is { } line)
        {
            number++;
            if (string.IsNullOrWhiteSpace(line))
            {
                continue;
            }

            // Indented JSON is one object over many lines.
            bool whole = !any && line.Trim() == "{";
            using JsonDocument document = Parse(whole ? line + "\n" + reader.ReadToEnd() : line, path, number);
            if (document.RootElement.ValueKind != JsonValueKind.Object)
            {
                throw Error(path, number, "not a JSON object, expected a recorded episode, step or table");
            }

            any = true;
            yield return new RecordedLine(path, number, "", document.RootElement);
        }

        if (!any)
        {
            throw new InvalidDataFormatException($"{path}: the file is empty, expected recordings, one JSON object per line");
        }
    }

    private static StreamReader Open(string path)
    {
        try
        {
            byte[] bytes = File.ReadAllBytes(path);
            return new StreamReader(bytes.AsSpan().StartsWith(GzipMagic) ? Unzip(bytes, path) : new MemoryStream(bytes));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidDataFormatException($"{path}: cannot be read: {FileFault.Reason(e)}", e);
        }
    }

    private static MemoryStream Unzip(byte[] bytes, string path)
    {
        var unzipped = new MemoryStream();
        try
        {
            using var gzip = new GZipStream(new MemoryStream(bytes), CompressionMode.Decompress);
            gzip.CopyTo(unzipped);
        }
        catch (InvalidDataException e)
        {
            throw new InvalidDataFormatException($"{path}: damaged gzip file: it cannot be decompressed", e);
        }

        // GZipStream does not report a truncated file, so the length in the last four bytes (RFC 1952) is checked. It is the length of
        // the last member, so files that may have several members are not checked.
        bool single = bytes.AsSpan(1).IndexOf(GzipMagic) < 0;
        uint length = bytes.Length < 18 ? uint.MaxValue : BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(bytes.Length - 4));
        if (single && length != (uint)unzipped.Length)
        {
            throw new InvalidDataFormatException($"{path}: damaged gzip file: it is truncated, expected a complete file");
        }

        unzipped.Position = 0;
        return unzipped;
    }

    private static JsonDocument Parse(string text, string path, int number)
    {
        try
        {
            return JsonDocument.Parse(text);
        }
        catch (JsonException e)
        {
            throw Error(path, number, $"invalid JSON at character {e.BytePositionInLine + 1}: damaged, truncated, or not a recording", e);
        }
    }

    private static InvalidDataFormatException Error(string path, int number, string what, Exception? inner = null) =>
        new($"{path}, line {number}: {what}", inner);
}
