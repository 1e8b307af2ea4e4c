using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Krewe.Contracts;

/// <summary>
/// Lays layers of options over each other (preset, then file, then <c>--set</c>), refusing unknown keys, wrong types and values out
/// of range with the layer's name and the nearest valid key. Nothing is applied of a layer that has an error in it.
/// </summary>
public static class OptionBinder
{
    /// <summary>Applies a JSON object whose nesting follows the sections.</summary>
    /// <param name="options">The options to change.</param>
    /// <param name="layer">The object.</param>
    /// <param name="source">What to call it in an error, for example a file's name.</param>
    /// <exception cref="InvalidOptionException">An unknown key, a wrong type or a value out of range.</exception>
    public static void Apply(TrainingOptions options, JsonObject layer, string source)
    {
        // Shorter keys first: "actor.epsilon": 0.1 replaces the schedule, "actor.epsilon.final" then changes it.
        List<(OptionInfo Option, object Value)> changes = [];
        Collect(layer, "", source, changes);
        foreach ((OptionInfo option, object value) in changes.OrderBy(change => change.Option.Path.Length))
        {
            option.Set(options, value is Dictionary<string, JsonElement> kwargs ? Merge(option, options, kwargs) : value);
        }
    }

    /// <summary>Applies one <c>key=value</c>.</summary>
    /// <param name="options">The options to change.</param>
    /// <param name="assignment">For example <c>learner.batch_size=128</c>, <c>network.hidden=256,256</c> or <c>actor.epsilon=0.1</c>.</param>
    /// <param name="source">What to call it in an error: the command line's option that it comes from.</param>
    /// <exception cref="InvalidOptionException">No <c>=</c>, an unknown key, a wrong type or a value out of range.</exception>
    public static void ApplyAssignment(TrainingOptions options, string assignment, string source = "--set")
    {
        int equals = assignment.IndexOf('=', StringComparison.Ordinal);
        if (equals <= 0)
        {
            throw new InvalidOptionException($"{source} {assignment}: expected key=value, for example learner.batch_size=128");
        }

        string key = assignment[..equals].Trim();
        string text = assignment[(equals + 1)..].Trim();
        var layer = new JsonObject();
        JsonObject at = layer;
        string[] parts = key.Split('.');
        foreach (string part in parts.AsSpan(0, parts.Length - 1))
        {
            var next = new JsonObject();
            at[part] = next;
            at = next;
        }

        at[parts[^1]] = ParseText(text);
        Apply(options, layer, source);
    }

    /// <summary>The options as a JSON object that <see cref="Apply"/> reads back.</summary>
    /// <param name="options">The options.</param>
    public static JsonObject ToJson(TrainingOptions options)
    {
        var root = new JsonObject();
        foreach (OptionInfo option in OptionSchema.All.Where(option => !OptionSchema.IsSection(option.Type)))
        {
            JsonObject at = root;
            foreach (var property in option.Path.AsSpan(0, option.Path.Length - 1))
            {
                string key = OptionSchema.ToKey(property.Name);
                at = (JsonObject)(at[key] ??= new JsonObject());
            }

            at[OptionSchema.ToKey(option.Path[^1].Name)] = ToNode(option.Get(options)!);
        }

        return root;
    }

    private static JsonNode? ParseText(string text)
    {
        try
        {
            return JsonNode.Parse(text);
        }
        catch (JsonException)
        {
            // Words and lists such as 64,64 are not JSON; the option's own type decides what they mean.
            return JsonValue.Create(text);
        }
    }

    private static void Collect(JsonObject layer, string prefix, string source, List<(OptionInfo Option, object Value)> changes)
    {
        foreach ((string name, JsonNode? node) in layer)
        {
            string key = prefix + name;
            OptionInfo? option = OptionSchema.All.FirstOrDefault(option => option.Key == key);
            bool isSection = option is null
                ? OptionSchema.All.Any(other => other.Key.StartsWith(key + ".", StringComparison.Ordinal))
                : OptionSchema.IsSection(option.Type) && node is JsonObject;
            if (isSection)
            {
                Collect(
                    node as JsonObject ?? throw new InvalidOptionException($"{source}: {key} is a group of options, expected an object, got {Show(node)}"),
                    key + ".",
                    source,
                    changes);
            }
            else if (option is null)
            {
                throw new InvalidOptionException(
                    $"{source}: unknown option '{key}'" + NearestName.Suggestion(key, OptionSchema.All.Select(other => other.Key)));
            }
            else
            {
                changes.Add((option, Convert(option, node, source)));
            }
        }
    }

    private static object Convert(OptionInfo option, JsonNode? node, string source)
    {
        Type type = option.Type;
        string text = node is JsonValue value && value.TryGetValue(out string? word) ? word : node?.ToJsonString() ?? "null";
        if (type == typeof(string))
        {
            return node is null ? throw Wrong(option, node, source, "a word") : text;
        }

        if (type == typeof(bool))
        {
            return bool.TryParse(text, out bool flag) ? flag : throw Wrong(option, node, source, "true or false");
        }

        if (type.IsEnum)
        {
            string? name = Enum.GetNames(type).FirstOrDefault(name => OptionSchema.ToKey(name).Equals(text, StringComparison.OrdinalIgnoreCase));
            return name is null
                ? throw Wrong(option, node, source, string.Join(", ", Enum.GetNames(type).Select(OptionSchema.ToKey)))
                : Enum.Parse(type, name);
        }

        if (type == typeof(ImmutableArray<int>))
        {
            var numbers = ImmutableArray.CreateBuilder<int>();
            foreach (string part in text.Trim('[', ']').Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            {
                numbers.Add(int.TryParse(part, CultureInfo.InvariantCulture, out int number)
                    ? (int)Checked(option, node, source, number)
                    : throw Wrong(option, node, source, "whole numbers separated by commas"));
            }

            return numbers.ToImmutable();
        }

        if (type == typeof(ImmutableArray<ConvolutionShape>))
        {
            return ConvolutionShape.TryParse(text, out ImmutableArray<ConvolutionShape> shapes)
                ? shapes
                : throw Wrong(option, node, source, "filters x kernel / stride, separated by commas, each 1 to 4096");
        }

        if (type == typeof(Dictionary<string, JsonElement>))
        {
            return node is JsonObject kwargs
                ? kwargs.ToDictionary(pair => pair.Key, pair => JsonSerializer.SerializeToElement(pair.Value))
                : throw Wrong(option, node, source, "an object");
        }

        // A double holds whole numbers only up to 2^53, and a seed may be larger.
        if (type == typeof(long) && long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long whole))
        {
            Checked(option, node, source, whole);
            return whole;
        }

        if (!double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double x) || !double.IsFinite(x))
        {
            throw Wrong(option, node, source, type == typeof(Schedule) ? "a number or an object with kind, initial, final and steps" : "a number");
        }

        Checked(option, node, source, x);
        if (type == typeof(double))
        {
            return x;
        }

        if (type == typeof(Schedule))
        {
            return x >= 0 ? Schedule.Constant(x) : throw Wrong(option, node, source, "a number at least 0");
        }

        if (Math.Floor(x) != x)
        {
            throw Wrong(option, node, source, "a whole number");
        }

        return (type == typeof(int), x) switch
        {
            (true, >= int.MinValue and <= int.MaxValue) => (object)(int)x,
            (false, >= -9e15 and <= 9e15) => (long)x,
            _ => throw Wrong(option, node, source, "a smaller number"),
        };
    }

    private static double Checked(OptionInfo option, JsonNode? node, string source, double x)
    {
        OptionAttribute range = option.Attribute;
        bool low = range.MinExclusive ? x <= range.Min : x < range.Min;
        return low || x > range.Max ? throw Wrong(option, node, source, option.Range) : x;
    }

    private static InvalidOptionException Wrong(OptionInfo option, JsonNode? node, string source, string expected) =>
        new($"{source}: {option.Key} is {Show(node)}, expected {expected} ({option.Attribute.Description})");

    private static string Show(JsonNode? node) => node?.ToJsonString() ?? "null";

    private static Dictionary<string, JsonElement> Merge(OptionInfo option, TrainingOptions options, Dictionary<string, JsonElement> changes)
    {
        var merged = new Dictionary<string, JsonElement>((Dictionary<string, JsonElement>)option.Get(options)!);
        foreach ((string key, JsonElement value) in changes)
        {
            merged[key] = value;
        }

        return merged;
    }

    private static JsonNode? ToNode(object value) => value switch
    {
        Enum word => JsonValue.Create(OptionSchema.ToKey(word.ToString())),
        ImmutableArray<int> numbers => new JsonArray([.. numbers.Select(number => (JsonNode)JsonValue.Create(number))]),
        ImmutableArray<ConvolutionShape> shapes => JsonValue.Create(string.Join(',', shapes)),
        Dictionary<string, JsonElement> kwargs => new JsonObject(kwargs.Select(pair => KeyValuePair.Create(pair.Key, JsonNode.Parse(pair.Value.GetRawText())))),
        _ => JsonSerializer.SerializeToNode(value, value.GetType()),
    };
}
