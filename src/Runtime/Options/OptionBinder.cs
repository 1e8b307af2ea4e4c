using System.Text.Json;
using System.Text.Json.Nodes;
using Krewe.Contracts;
using Krewe.Learner;

namespace Krewe.Runtime;

/// <summary>
/// Merges layers of options (preset, then file, then <c>--set</c>) as JSON and creates the options from the result. A layer with an
/// unknown key, a wrong type or a value out of range is rejected as a whole; the error names the layer, the full key and the nearest
/// valid key.
/// </summary>
/// <param name="start">The options that the layers are merged into; null for the defaults. The object is not changed.</param>
public sealed class OptionBinder(TrainingOptions? start = null)
{
    private static readonly string StepsKey = OptionSchema.ToKey(nameof(Schedule.Steps));
    private static readonly string FractionKey = OptionSchema.ToKey(nameof(Schedule.Fraction));
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    // A schedule is a group of values.
    private static IEnumerable<OptionInfo> Values => OptionSchema.All.Where(option => option.Type != typeof(Schedule));

    // Always contains every option, so that its objects are exactly the groups that exist.
    private JsonObject _merged = ToJson(start ?? new TrainingOptions(), ofAllAgents: true);

    /// <summary>The options as a JSON object that <see cref="Apply"/> accepts.</summary>
    /// <param name="options">The options.</param>
    /// <param name="ofAllAgents">Whether to include the options of agents that <see cref="AgentOptions.Kind"/> does not select.</param>
    public static JsonObject ToJson(TrainingOptions options, bool ofAllAgents = false)
    {
        var root = new JsonObject();
        foreach (OptionInfo option in Values.Where(option => ofAllAgents || option.Agent is null || option.Agent == options.Agent.Kind))
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

    /// <summary>Adds a JSON object as a layer, nested like the options or with full keys such as <c>learner.batch_size</c>.</summary>
    /// <param name="layer">The object.</param>
    /// <param name="source">The layer's name in errors, for example a file's name.</param>
    /// <returns>This binder.</returns>
    /// <exception cref="InvalidOptionException">An unknown key, a wrong type or a value out of range.</exception>
    public OptionBinder Apply(JsonObject layer, string source)
    {
        var merged = (JsonObject)_merged.DeepClone();
        Merge(merged, layer, "", source);
        _merged = merged;
        return this;
    }

    /// <summary>Adds one <c>key=value</c> as a layer.</summary>
    /// <param name="assignment">For example <c>learner.batch_size=128</c>, <c>network.hidden=256,256</c> or <c>actor.epsilon=0.1</c>.</param>
    /// <param name="source">The layer's name in errors: the command-line option that it comes from.</param>
    /// <returns>This binder.</returns>
    /// <exception cref="InvalidOptionException">No <c>=</c>, an unknown key, a wrong type or a value out of range.</exception>
    public OptionBinder ApplyAssignment(string assignment, string source = "--set")
    {
        int equals = assignment.IndexOf('=', StringComparison.Ordinal);
        return equals > 0
            ? Apply(new JsonObject { [assignment[..equals].Trim()] = ParseText(assignment[(equals + 1)..].Trim()) }, source)
            : throw new InvalidOptionException($"{source} {assignment}: expected key=value, for example learner.batch_size=128");
    }

    /// <summary>Creates the options of all layers; every call returns new objects.</summary>
    public TrainingOptions Bind()
    {
        var options = new TrainingOptions();
        foreach (OptionInfo option in Values)
        {
            option.Set(options, OptionValue.FromJson(option.In(_merged), option.Type)!);
        }

        foreach (OptionInfo option in OptionSchema.All.Where(option => option.Type == typeof(Schedule)))
        {
            option.Set(options, ((Schedule)option.Get(options)!).Over(options.Run.Steps));
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
            // Words and lists such as 64,64 are not JSON; the option's type determines how to read them.
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
                // A keyword argument, which is checked when the environment is created.
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
                if (name == StepsKey && !layer.ContainsKey(FractionKey) && OptionSchema.Find(prefix.TrimEnd('.'))?.Type == typeof(Schedule))
                {
                    // A schedule's steps replace a fraction of an earlier layer.
                    group[FractionKey] = 0;
                }
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
        // The range is checked first: 3e9 is reported as above 65536, not as a wrong type.
        object? value = OptionValue.FromJson(node, option.Type);
        object? number = option.IsNumber ? OptionValue.FromJson(node, typeof(double)) : value;
        return option.OutOfRange(number) is { } fault ? throw new InvalidOptionException($"{source}: {fault}")
            : value is null ? throw new InvalidOptionException(
                $"{source}: {option.Key} is {Show(node)}, expected {option.Expected}{(number is double x && double.IsInteger(x) ? option.Limits : "")} ({option.Attribute.Description})")
            : OptionValue.ToJson(value);
    }

    /// <summary>Suggests a key: from the same group, else one with the same last part, else the most similar one.</summary>
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
