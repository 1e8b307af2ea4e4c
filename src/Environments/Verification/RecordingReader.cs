using System.Buffers.Binary;
using System.IO.Compression;
using System.Text.Json;
using Krewe.Contracts;

namespace Krewe.Environments;

/// <summary>Reads a file of recordings, plain or gzip: JSON objects, one a line, or a single one over all lines.</summary>
internal static class RecordingReader
{
    private static ReadOnlySpan<byte> GzipMagic => [0x1F, 0x8B, 0x08];

    /// <summary>The objects in the file, one after the other. Each is valid until the next one is asked for.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="InvalidDataFormatException">The file is missing, empty, damaged or no JSON.</exception>
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

            // A file that was written with indentation is one object over many lines.
            bool whole = !any && line.Trim() == "{";
            using JsonDocument document = Parse(whole ? line + "\n" + reader.ReadToEnd() : line, path, number);
            if (document.RootElement.ValueKind != JsonValueKind.Object)
            {
                throw Error(path, number, "no JSON object, expected a recorded episode, step or table");
            }

            any = true;
            yield return new RecordedLine(path, number, "", document.RootElement);
        }

        if (!any)
        {
            throw new InvalidDataFormatException($"{path}: the file is empty, expected recordings, one JSON object a line");
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
            throw new InvalidDataFormatException($"{path}: damaged gzip file: it cannot be unpacked", e);
        }

        // The stream ends quietly where a file was cut off, so the length in its last four bytes (RFC 1952) is compared here. It
        // speaks of the last member only: where there may be several, it says nothing.
        bool single = bytes.AsSpan(1).IndexOf(GzipMagic) < 0;
        uint length = bytes.Length < 18 ? uint.MaxValue : BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(bytes.Length - 4));
        if (single && length != (uint)unzipped.Length)
        {
            throw new InvalidDataFormatException($"{path}: damaged gzip file: it is cut off, expected a whole one");
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
            throw Error(path, number, $"no valid JSON at character {e.BytePositionInLine + 1}: damaged, cut off, or not a recording", e);
        }
    }

    private static InvalidDataFormatException Error(string path, int number, string what, Exception? inner = null) =>
        new($"{path}, line {number}: {what}", inner);
}
