using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json;
using Krewe.Contracts;

namespace Krewe.Environments;

/// <summary>The keyword arguments of one environment, by their Gymnasium names. The methods check type and range.</summary>
public sealed class EnvironmentArguments
{
    private readonly IReadOnlyDictionary<string, JsonElement> _values;

    /// <summary>Creates the arguments.</summary>
    /// <param name="environmentId">The environment's id, for error messages.</param>
    /// <param name="values">The values by name.</param>
    public EnvironmentArguments(string environmentId, IReadOnlyDictionary<string, JsonElement> values)
    {
        EnvironmentId = environmentId;
        _values = values;
    }

    /// <summary>The environment's id.</summary>
    public string EnvironmentId { get; }

    /// <summary>Whether an argument was given, null included.</summary>
    /// <param name="name">Its name.</param>
    public bool IsGiven(string name) => _values.ContainsKey(name);

    /// <summary>Whether an argument was given and is null (Python's None).</summary>
    /// <param name="name">Its name.</param>
    public bool IsNull(string name) => _values.TryGetValue(name, out JsonElement value) && value.ValueKind == JsonValueKind.Null;

    /// <summary>Reads a Boolean.</summary>
    /// <param name="name">The argument's name.</param>
    /// <param name="fallback">The default value.</param>
    /// <exception cref="InvalidOptionException">The argument is not a Boolean.</exception>
    public bool Boolean(string name, bool fallback) => !_values.TryGetValue(name, out JsonElement value) ? fallback
        : value.ValueKind switch
        {
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            _ => throw Wrong(name, "expected true or false"),
        };

    /// <summary>Reads a finite number in a range.</summary>
    /// <param name="name">The argument's name.</param>
    /// <param name="fallback">The default value.</param>
    /// <param name="minimum">The smallest value allowed.</param>
    /// <param name="maximum">The largest value allowed.</param>
    /// <exception cref="InvalidOptionException">The argument is not a number or is outside the range.</exception>
    public double Number(string name, double fallback, double minimum = double.MinValue, double maximum = double.MaxValue)
    {
        if (!_values.TryGetValue(name, out JsonElement value))
        {
            return fallback;
        }

        if (value.ValueKind != JsonValueKind.Number || !value.TryGetDouble(out double number) || !(number >= minimum && number <= maximum))
        {
            throw Wrong(name, minimum == double.MinValue
                ? "expected a number"
                : string.Create(CultureInfo.InvariantCulture, $"expected a number from {minimum} to {maximum}"));
        }

        return number;
    }

    /// <summary>Reads an integer in a range.</summary>
    /// <param name="name">The argument's name.</param>
    /// <param name="fallback">The default value.</param>
    /// <param name="minimum">The smallest value allowed.</param>
    /// <param name="maximum">The largest value allowed.</param>
    /// <exception cref="InvalidOptionException">The argument is not an integer or is outside the range.</exception>
    public int Integer(string name, int fallback, int minimum = int.MinValue, int maximum = int.MaxValue)
    {
        if (!_values.TryGetValue(name, out JsonElement value))
        {
            return fallback;
        }

        if (value.ValueKind != JsonValueKind.Number || !value.TryGetInt32(out int number) || number < minimum || number > maximum)
        {
            throw Wrong(name, $"expected a whole number from {minimum} to {maximum}");
        }

        return number;
    }

    /// <summary>Reads a string or null.</summary>
    /// <param name="name">The argument's name.</param>
    /// <param name="fallback">The default value.</param>
    /// <exception cref="InvalidOptionException">The argument is neither a string nor null.</exception>
    public string? Text(string name, string? fallback) => !_values.TryGetValue(name, out JsonElement value) ? fallback
        : value.ValueKind switch
        {
            JsonValueKind.String => value.GetString(),
            JsonValueKind.Null => null,
            _ => throw Wrong(name, "expected a string"),
        };

    /// <summary>
    /// Reads a list of strings; null if the argument is not given or is null. An item may be a list of strings itself, which are joined.
    /// </summary>
    /// <param name="name">The argument's name.</param>
    /// <exception cref="InvalidOptionException">The argument is not such a list.</exception>
    public ImmutableArray<string>? TextList(string name)
    {
        if (!_values.TryGetValue(name, out JsonElement value) || value.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        return [.. Items(name, value, "expected a list of strings").Select(item => item.ValueKind switch
        {
            JsonValueKind.String => item.GetString()!,
            JsonValueKind.Array when item.EnumerateArray().All(x => x.ValueKind == JsonValueKind.String) =>
                string.Concat(item.EnumerateArray().Select(x => x.GetString())),
            _ => throw Wrong(name, "expected a list of strings"),
        })];
    }

    /// <summary>Reads a list of finite numbers; null if the argument is not given.</summary>
    /// <param name="name">The argument's name.</param>
    /// <param name="length">The required number of items; null for any.</param>
    /// <exception cref="InvalidOptionException">The argument is not such a list.</exception>
    public ImmutableArray<double>? NumberList(string name, int? length = null)
    {
        if (!_values.TryGetValue(name, out JsonElement value))
        {
            return null;
        }

        string expected = length is null ? "expected a list of numbers" : $"expected a list of {length} numbers";
        JsonElement[] items = Items(name, value, expected);
        if (items.Length != (length ?? items.Length) || items.Any(x => x.ValueKind != JsonValueKind.Number || !double.IsFinite(x.GetDouble())))
        {
            throw Wrong(name, expected);
        }

        return [.. items.Select(x => x.GetDouble())];
    }

    /// <summary>Creates the exception for an argument with an invalid value.</summary>
    /// <param name="name">The argument's name.</param>
    /// <param name="expected">What was expected instead: a phrase that begins with "expected".</param>
    public InvalidOptionException Wrong(string name, string expected) =>
        new($"{EnvironmentId}: argument {name} is {(_values.TryGetValue(name, out JsonElement value) ? value.GetRawText() : "missing")}, {expected}");

    internal bool TryGet(string name, [NotNullWhen(true)] out JsonElement? value)
    {
        bool found = _values.TryGetValue(name, out JsonElement element);
        value = found ? element : null;
        return found;
    }

    private JsonElement[] Items(string name, JsonElement value, string expected) =>
        value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray()] : throw Wrong(name, expected);
}
