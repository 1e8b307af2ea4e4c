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
            throw new OutputFaultException($"standard output cannot be written: {FileFault.Reason(e)}", e);
        }
    }
}

/// <summary>Standard output cannot be written. Says nothing about the run whose output it is. Exit code 1.</summary>
/// <param name="message">The reason.</param>
/// <param name="innerException">The cause, shown only on request.</param>
internal sealed class OutputFaultException(string message, Exception innerException) : KreweException(message, innerException);
