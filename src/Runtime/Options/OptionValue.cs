using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Krewe.Contracts;
using Krewe.Networks;

namespace Krewe.Runtime;

/// <summary>
/// Converts values of options from and to JSON. Whole numbers may be written as <c>1e6</c>, numbers in quotes and lists as <c>64,64</c>.
/// The serializer is not used: compiling its code for these types would delay every start by about 60 ms.
/// </summary>
internal static class OptionValue
{
    /// <summary>Converts a value to JSON. A schedule here is a constant one that was given as a number; others are groups of values.</summary>
    public static JsonNode ToJson(object value) => value switch
    {
        bool flag => flag,
        int number => number,
        long number => number,
        double number => number,
        string text => text,
        Schedule { Initial: var x } => new JsonObject { ["kind"] = "constant", ["initial"] = x, ["final"] = x, ["steps"] = 1, ["fraction"] = 0 },
        Enum word => OptionSchema.ToKey(word.ToString()),
        ImmutableArray<int> numbers => new JsonArray([.. numbers.Select(number => (JsonNode)number)]),
        ImmutableArray<ConvolutionShape> shapes => string.Join(',', shapes),
        Dictionary<string, JsonElement> arguments => new JsonObject(
            arguments.Select(argument => KeyValuePair.Create(argument.Key, JsonNode.Parse(argument.Value.GetRawText())))),
        _ => throw new ArgumentException($"{value.GetType()} is not the type of an option", nameof(value)),
    };

    /// <summary>Converts JSON to a value of a type; null if it is not such a value.</summary>
    public static object? FromJson(JsonNode? node, Type type)
    {
        string text = node?.ToString() ?? "";
        return type switch
        {
            _ when type == typeof(bool) => bool.TryParse(text, out bool flag) ? flag : null,
            _ when type == typeof(int) => Int32(text),
            _ when type == typeof(long) => Int64(text),
            _ when type == typeof(double) => Double(text),
            _ when type == typeof(string) => node is JsonValue ? text : null,
            _ when type == typeof(Schedule) => Double(text) is { } constant ? Schedule.Constant(constant) : null,
            _ when type == typeof(ImmutableArray<int>) => Int32List(node is JsonArray list ? list.Select(item => item?.ToString() ?? "") : text.Split(',')),
            _ when type == typeof(ImmutableArray<ConvolutionShape>) => ConvolutionShape.TryParse(text, out ImmutableArray<ConvolutionShape> shapes) ? shapes : null,
            _ when type.IsEnum => Enum.GetNames(type).FirstOrDefault(name => OptionSchema.ToKey(name).Equals(text, StringComparison.OrdinalIgnoreCase)) is { } name
                ? Enum.Parse(type, name)
                : null,
            _ => (node as JsonObject)?.ToDictionary(argument => argument.Key, argument => JsonSerializer.SerializeToElement(argument.Value)),
        };
    }

    private static double? Double(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && double.IsFinite(number) ? number : null;

    // Not by way of a double, which holds whole numbers only up to 2^53.
    private static long? Int64(string text) =>
        decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out decimal number)
        && decimal.IsInteger(number) && number is >= long.MinValue and <= long.MaxValue ? (long)number : null;

    private static int? Int32(string text) => Int64(text) is >= int.MinValue and <= int.MaxValue and { } number ? (int)number : null;

    private static ImmutableArray<int>? Int32List(IEnumerable<string> texts)
    {
        var numbers = ImmutableArray.CreateBuilder<int>();
        foreach (string text in texts)
        {
            if (Int32(text) is not { } number)
            {
                return null;
            }

            numbers.Add(number);
        }

        return numbers.ToImmutable();
    }
}
