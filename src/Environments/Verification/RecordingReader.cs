using System.IO.Compression;
using System.Text.Json;
using Krewe.Contracts;

namespace Krewe.Environments.Verification;

/// <summary>Reads a file of recordings, plain or gzip: JSON objects, one a line, or a single one over all lines.</summary>
internal static class RecordingReader
{
    /// <summary>The objects in the file, one after the other. Each is valid until the next one is asked for.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="InvalidDataFormatException">The file is missing, empty, damaged or no JSON.</exception>
    public static IEnumerable<RecordedLine> Read(string path)
    {
        using StreamReader reader = Open(path);
        int number = 0;
        bool any = false;
        while (NextLine(reader, path, number) is { } line)
        {
            number++;
            if (string.IsNullOrWhiteSpace(line))
            {
                continue;
            }

            // A file that was written with indentation is one object over many lines.
            bool whole = !any && line.Trim() == "{";
            using JsonDocument document = Parse(whole ? line + "\n" + Rest(reader, path) : line, path, number);
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
            FileStream file = File.OpenRead(path);
            bool zipped = file.ReadByte() == 0x1F && file.ReadByte() == 0x8B;
            file.Position = 0;
            return new StreamReader(zipped ? new GZipStream(file, CompressionMode.Decompress) : file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidDataFormatException($"{path}: cannot be read: {e.Message}", e);
        }
    }

    private static string? NextLine(StreamReader reader, string path, int number) => Guard(reader.ReadLine, path, number + 1);

    private static string? Rest(StreamReader reader, string path) => Guard(reader.ReadToEnd, path, 1);

    private static string? Guard(Func<string?> read, string path, int number)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is InvalidDataException or IOException)
        {
            throw Error(path, number, $"the file is damaged or cut off: {e.Message}", e);
        }
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
