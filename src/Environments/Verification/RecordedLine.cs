using System.Globalization;
using System.Text.Json;
using Krewe.Contracts;

namespace Krewe.Environments;

/// <summary>
/// One JSON object of a recording. Reads fields by type; errors name the file, the line and the field.
/// </summary>
/// <param name="Path">The file.</param>
/// <param name="Line">The line number, from 1.</param>
/// <param name="Place">The object's place in the line, for example <c>steps[3].</c>; empty for the line itself.</param>
/// <param name="Value">The object.</param>
internal readonly record struct RecordedLine(string Path, int Line, string Place, JsonElement Value)
{
    /// <summary>Whether a field is present and not null.</summary>
    public bool Has(string field) => Value.TryGetProperty(field, out JsonElement value) && value.ValueKind != JsonValueKind.Null;

    public JsonElement Required(string field) => Has(field) ? Value.GetProperty(field) : throw Error($"{Place}{field} is missing");

    public string Text(string field) => Required(field) is { ValueKind: JsonValueKind.String } value ? value.GetString()! : throw Wrong(field, "a string");

    public double Number(string field) => ToNumber(Required(field)) ?? throw Wrong(field, "a number");

    public int Integer(string field) => Required(field) is { ValueKind: JsonValueKind.Number } value && value.TryGetInt32(out int number)
        ? number
        : throw Wrong(field, "a whole number");

    public bool Flag(string field) => Required(field).ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw Wrong(field, "true or false"),
    };

    /// <summary>Reads a seed: a whole number from 0 to 2^64 - 1, as a number or as a string.</summary>
    public ulong Seed(string field)
    {
        JsonElement value = Required(field);
        string text = value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText();
        return ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong seed) ? seed
            : throw Wrong(field, "a whole number from 0 to 2^64 - 1");
    }

    /// <summary>Reads a list of numbers; a single number counts as a list of one.</summary>
    public double[] Numbers(string field, int? length = null)
    {
        JsonElement value = Required(field);
        string expected = length is null ? "a list of numbers" : $"a list of {length} numbers";
        double?[] numbers = value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray().Select(ToNumber)] : [ToNumber(value)];
        return numbers.Contains(null) || numbers.Length != (length ?? numbers.Length)
            ? throw Wrong(field, expected)
            : [.. numbers.Select(x => x!.Value)];
    }

    /// <summary>Reads a list of objects.</summary>
    public RecordedLine[] Objects(string field)
    {
        JsonElement list = Required(field);
        if (list.ValueKind != JsonValueKind.Array)
        {
            throw Wrong(field, "a list of objects");
        }

        var objects = new RecordedLine[list.GetArrayLength()];
        for (int i = 0; i < objects.Length; i++)
        {
            objects[i] = this with { Place = $"{Place}{field}[{i}].", Value = list[i] };
            if (list[i].ValueKind != JsonValueKind.Object)
            {
                throw Error($"{Place}{field}[{i}] is not an object");
            }
        }

        return objects;
    }

    /// <summary>Reads a list of any elements, as nested in a transition table.</summary>
    public JsonElement[] List(string name, JsonElement list, int? length = null) =>
        list.ValueKind == JsonValueKind.Array && list.GetArrayLength() == (length ?? list.GetArrayLength())
            ? [.. list.EnumerateArray()]
            : throw Error($"{Place}{name}: expected a list{(length is null ? "" : $" of {length}")}");

    public InvalidDataFormatException Wrong(string field, string expected)
    {
        string text = Value.TryGetProperty(field, out JsonElement value) ? value.GetRawText() : "missing";
        return Error($"{Place}{field} is {(text.Length > 60 ? text[..60] + "..." : text)}, expected {expected}");
    }

    public InvalidDataFormatException Error(string what, Exception? inner = null) => new($"{Path}, line {Line}: {what}", inner);

    private static double? ToNumber(JsonElement value) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double number) && double.IsFinite(number) ? number : null;
}
