using System.Globalization;
using System.Text.Json;

namespace Krewe.Contracts;

/// <summary>The place at which a JSON text could not be read, for messages.</summary>
public static class JsonPlace
{
    /// <summary>For example <c>mine.json, line 3, position 12</c>; the name alone when the parser gives no place, as for a property given twice.</summary>
    /// <param name="name">What the message calls the text, for example the file's path.</param>
    /// <param name="fault">The parser's exception.</param>
    public static string In(string name, JsonException fault) => fault.LineNumber is { } line
        ? string.Create(CultureInfo.InvariantCulture, $"{name}, line {line + 1}, position {fault.BytePositionInLine + 1}")
        : name;
}
