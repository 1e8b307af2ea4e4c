using System.Text;
using Krewe.Contracts;

namespace Krewe.Cli;

/// <summary>Standard output whose failures (closed, disk full) become errors for the user.</summary>
/// <param name="inner">Standard output.</param>
internal sealed class GuardedOutput(TextWriter inner) : TextWriter
{
    public override Encoding Encoding => inner.Encoding;

    public override void Write(char value) => Guard(value, static (writer, c) => writer.Write(c));

    public override void Write(char[] buffer, int index, int count) => Guard((buffer, index, count), static (writer, part) => writer.Write(part.buffer, part.index, part.count));

    public override void Write(string? value) => Guard(value, static (writer, text) => writer.Write(text));

    public override void WriteLine(string? value) => Guard(value, static (writer, text) => writer.WriteLine(text));

    public override void Flush() => Guard(0, static (writer, _) => writer.Flush());

    private void Guard<T>(T value, Action<TextWriter, T> write)
    {
        try
        {
            write(inner, value);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new KreweException($"standard output cannot be written: {FileFault.Reason(e)}", e);
        }
    }
}
