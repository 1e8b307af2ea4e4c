using System.Text.Json;
using System.Text.Json.Nodes;
using Krewe.Contracts;

namespace Krewe.Runtime;

/// <summary>
/// Merges layers of options (preset, then file, then <c>--set</c>) as JSON and makes the options from the result. A layer with an
/// unknown key, a wrong type or a value out of range is refused as a whole, with its name, the full key and the nearest valid one.
/// </summary>
/// <param name="start">The options below all layers; null for the defaults. They are not changed.</param>
public sealed class OptionBinder(TrainingOptions? start = null)
{
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    // A schedule is a group of four values.
    private static IEnumerable<OptionInfo> Values => OptionSchema.All.Where(option => option.Type != typeof(Schedule));

    // Holds every option at all times, so that its objects are also the groups that exist.
    private JsonObject _merged = ToJson(start ?? new TrainingOptions());

    /// <summary>The options as a JSON object that <see cref="Apply"/> accepts.</summary>
    /// <param name="options">The options.</param>
    public static JsonObject ToJson(TrainingOptions options)
    {
        var root = new JsonObject();
        foreach (OptionInfo option in Values)
        {
            JsonObject group = root;
            string[] parts = option.Key.Split('.');
            foreach (string part in parts[..^1])
            {
                group = (JsonObject)(group[part] ??= new JsonObject());
            }

            group[parts[^1]] = OptionValue.ToJson(option.Get(options)!);
        }

        return root;
    }

    /// <summary>Puts a JSON object on top, nested like the options or with full keys such as <c>learner.batch_size</c>.</summary>
    /// <param name="layer">The object.</param>
    /// <param name="source">What errors call it, for example a file's name.</param>
    /// <returns>This binder.</returns>
    /// <exception cref="InvalidOptionException">An unknown key, a wrong type or a value out of range.</exception>
    public OptionBinder Apply(JsonObject layer, string source)
    {
        var merged = (JsonObject)_merged.DeepClone();
        Merge(merged, layer, "", source);
        _merged = merged;
        return this;
    }

    /// <summary>Puts one <c>key=value</c> on top.</summary>
    /// <param name="assignment">For example <c>learner.batch_size=128</c>, <c>network.hidden=256,256</c> or <c>actor.epsilon=0.1</c>.</param>
    /// <param name="source">What errors call it: the command line's option that it comes from.</param>
    /// <returns>This binder.</returns>
    /// <exception cref="InvalidOptionException">No <c>=</c>, an unknown key, a wrong type or a value out of range.</exception>
    public OptionBinder ApplyAssignment(string assignment, string source = "--set")
    {
        int equals = assignment.IndexOf('=', StringComparison.Ordinal);
        return equals > 0
            ? Apply(new JsonObject { [assignment[..equals].Trim()] = ParseText(assignment[(equals + 1)..].Trim()) }, source)
            : throw new InvalidOptionException($"{source} {assignment}: expected key=value, for example learner.batch_size=128");
    }

    /// <summary>The options of all layers: new objects at every call.</summary>
    public TrainingOptions Bind()
    {
        var options = new TrainingOptions();
        foreach (OptionInfo option in Values)
        {
            option.Set(options, OptionValue.FromJson(option.In(_merged), option.Type)!);
        }

        return options;
    }

    private static JsonNode? ParseText(string text)
    {
        try
        {
            return JsonNode.Parse(text, documentOptions: Strict);
        }
        catch (JsonException)
        {
            // Words and lists such as 64,64 are not JSON; the option's own type decides what they mean.
            return text;
        }
    }

    private static void Merge(JsonObject group, JsonObject layer, string prefix, string source)
    {
        foreach ((string name, JsonNode? node) in layer)
        {
            string key = prefix + name;
            OptionInfo? option = OptionSchema.Find(key);
            if (OptionSchema.Find(prefix.TrimEnd('.'))?.Type == typeof(Dictionary<string, JsonElement>))
            {
                // An argument of the environment, which checks it when it is made.
                group[name] = node?.DeepClone();
            }
            else if (name.IndexOf('.', StringComparison.Ordinal) is > 0 and int dot)
            {
                var rest = new JsonObject { [name[(dot + 1)..]] = node?.DeepClone() };
                Merge(group, new JsonObject { [name[..dot]] = rest }, prefix, source);
            }
            else if (group[name] is JsonObject inner && node is JsonObject changes)
            {
                Merge(inner, changes, key + ".", source);
            }
            else if (option is not null)
            {
                group[name] = Checked(option, node, source);
            }
            else
            {
                throw new InvalidOptionException(group[name] is JsonObject
                    ? $"{source}: {key} is a group of options, expected an object, got {Show(node)}"
                    : $"{source}: unknown option '{key}'{Suggestion(prefix, name, group)}");
            }
        }
    }

    private static JsonNode Checked(OptionInfo option, JsonNode? node, string source)
    {
        // The range first: 3e9 where 65536 is the most is too large rather than no whole number.
        object? value = OptionValue.FromJson(node, option.Type);
        object? number = option.IsNumber ? OptionValue.FromJson(node, typeof(double)) : value;
        return option.OutOfRange(number) is { } fault ? throw new InvalidOptionException($"{source}: {fault}")
            : value is null ? throw new InvalidOptionException(
                $"{source}: {option.Key} is {Show(node)}, expected {option.Expected}{(number is double x && double.IsInteger(x) ? option.Limits : "")} ({option.Attribute.Description})")
            : OptionValue.ToJson(value);
    }

    /// <summary>A key that was probably meant: of the same group, else one that ends alike, else one that looks alike as a whole.</summary>
    private static string Suggestion(string prefix, string name, JsonObject group)
    {
        if (NearestName.Find(name, group.Select(member => member.Key)) is { } sibling)
        {
            return $"; did you mean {prefix}{sibling}?";
        }

        ILookup<string, string> keys = OptionSchema.All.ToLookup(option => option.Key[(option.Key.LastIndexOf('.') + 1)..], option => option.Key);
        return NearestName.Find(name, keys.Select(ending => ending.Key)) is { } ending
            ? $"; did you mean {string.Join(" or ", keys[ending])}?"
            : NearestName.Suggestion(prefix + name, OptionSchema.All.Select(option => option.Key));
    }

    private static string Show(JsonNode? node)
    {
        const int Most = 80;
        string text = node?.ToJsonString() ?? "null";
        return text.Length > Most ? text[..Most] + "..." : text;
    }
}
