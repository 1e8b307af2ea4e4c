using System.Collections;
using System.Collections.Immutable;
using System.Globalization;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using Krewe.Contracts;
using Krewe.Learner;
using Krewe.Networks;

namespace Krewe.Runtime;

/// <summary>Describes one option to the binder, the validation and the help.</summary>
/// <param name="Key">Its key, for example <c>learner.batch_size</c>.</param>
/// <param name="Path">The properties that lead to it from <see cref="TrainingOptions"/>, or from the options of an agent.</param>
/// <param name="Attribute">Its description and range.</param>
/// <param name="Agent">The kind of the agent that it belongs to; null for an option of every run.</param>
public sealed record OptionInfo(string Key, ImmutableArray<PropertyInfo> Path, OptionAttribute Attribute, string? Agent = null)
{
    /// <summary>The type of its value.</summary>
    public Type Type => Path[^1].PropertyType;

    /// <summary>Its range in words, for example <c>1 to 65536</c>; empty when every value of the type is allowed.</summary>
    public string Range => (double.IsFinite(Attribute.Min), double.IsFinite(Attribute.Max)) switch
    {
        (true, true) => Attribute.MinExclusive ? $"above {Text(Attribute.Min)} and at most {Text(Attribute.Max)}" : $"{Text(Attribute.Min)} to {Text(Attribute.Max)}",
        (true, false) => Attribute.MinExclusive ? $"above {Text(Attribute.Min)}" : $"at least {Text(Attribute.Min)}",
        _ => "",
    };

    /// <summary>Describes the expected value, for example <c>a whole number</c>.</summary>
    public string Expected =>
        Type == typeof(int) || Type == typeof(long) ? "a whole number"
        : Type == typeof(double) ? "a number"
        : Type == typeof(bool) ? "true or false"
        : Type.IsEnum ? string.Join(", ", Enum.GetNames(Type).Select(OptionSchema.ToKey))
        : Type == typeof(string) ? "a word"
        : Type == typeof(Schedule) ? "a number or an object with kind, initial, final, and steps or fraction"
        : Type == typeof(ImmutableArray<int>) ? $"whole numbers separated by commas, each {Range}"
        : Type == typeof(ImmutableArray<ConvolutionShape>) ? "filters x kernel / stride, separated by commas, each 1 to 4096"
        : "an object";

    /// <summary>The bounds of a whole number, those of its type included, as the end of <see cref="Expected"/>.</summary>
    internal string Limits
    {
        get
        {
            (long least, long most) = Type == typeof(int) ? (int.MinValue, int.MaxValue) : (long.MinValue, long.MaxValue);
            return string.Create(
                CultureInfo.InvariantCulture,
                $" from {(double.IsFinite(Attribute.Min) ? (long)Attribute.Min : least)} to {(double.IsFinite(Attribute.Max) ? (long)Attribute.Max : most)}");
        }
    }

    /// <summary>Whether a single number is a valid value.</summary>
    internal bool IsNumber => Type == typeof(int) || Type == typeof(long) || Type == typeof(double) || Type == typeof(Schedule);

    /// <summary>Reads the option's value.</summary>
    /// <param name="options">The options to read from.</param>
    public object? Get(TrainingOptions options) => Path.Aggregate((object?)Root(options), (value, property) => property.GetValue(value));

    /// <summary>The option's value in a JSON object of options.</summary>
    /// <param name="json">As <see cref="OptionBinder.ToJson"/> makes it.</param>
    public JsonNode? In(JsonObject json) => Key.Split('.').Aggregate((JsonNode?)json, (node, part) => node?[part]);

    /// <summary>Writes the option's value, unchecked.</summary>
    /// <param name="options">The options to write to.</param>
    /// <param name="value">The value, of <see cref="Type"/>.</param>
    internal void Set(TrainingOptions options, object value) =>
        Path[^1].SetValue(Path[..^1].Aggregate(Root(options), (owner, property) => property.GetValue(owner)!), value);

    /// <summary>Describes, for the user, why a value of <see cref="Type"/> (or a number in its place) is out of range; null if it is in range.</summary>
    /// <param name="value">The value.</param>
    internal string? OutOfRange(object? value)
    {
        if (value is ICollection { Count: var count } && count > Attribute.MaxCount)
        {
            return $"{Key} has {count} values, expected at most {Attribute.MaxCount} ({Attribute.Description})";
        }

        double[] numbers = value switch
        {
            int or long or double => [Convert.ToDouble(value, CultureInfo.InvariantCulture)],
            ImmutableArray<int> list => Array.ConvertAll([.. list], number => (double)number),
            Schedule { Kind: ScheduleKind.Constant } schedule => [schedule.Initial],
            Schedule schedule => [schedule.Initial, schedule.Final],
            _ => [],
        };
        foreach (double number in numbers)
        {
            bool above = Attribute.MinExclusive ? number > Attribute.Min : number >= Attribute.Min;
            if (!above || !(number <= Attribute.Max) || !double.IsFinite(number))
            {
                return string.Create(CultureInfo.InvariantCulture, $"{Key} is {number}, expected {Range} ({Attribute.Description})");
            }
        }

        return null;
    }

    private object Root(TrainingOptions options) => Agent is null ? options : options.Agent.Of(Agent)!;

    private static string Text(double bound) => bound.ToString("0.#######", CultureInfo.InvariantCulture);
}

/// <summary>All options, found by reflection over <see cref="TrainingOptions"/> and the options of each agent: the one place that knows their keys.</summary>
public static class OptionSchema
{
    // The types that options of an agent can have, and enums.
    private const string AgentTypeNames = "bool, int, long, double, string, Schedule, ImmutableArray<int>";

    private static readonly ImmutableArray<Type> AgentTypes =
        [typeof(bool), typeof(int), typeof(long), typeof(double), typeof(string), typeof(Schedule), typeof(ImmutableArray<int>)];

    private static Schema? _all;

    /// <summary>All options in the order of declaration, then those of each agent.</summary>
    /// <exception cref="InvalidOptionException">The kind of an agent is the name of a group of options.</exception>
    public static ImmutableArray<OptionInfo> All
    {
        get
        {
            Schema? all = _all;
            ImmutableArray<ILearningAgent> agents = LearningAgents.All;
            if (all is null || all.Agents != agents)
            {
                _all = all = new Schema(agents, Of(agents));
            }

            return all.Options;
        }
    }

    /// <summary>Converts a property's name to the name used in files.</summary>
    /// <param name="name">For example <c>BatchSize</c>.</param>
    public static string ToKey(string name) => JsonNamingPolicy.SnakeCaseLower.ConvertName(name);

    /// <summary>The option with a key, or null.</summary>
    /// <param name="key">For example <c>learner.batch_size</c>.</param>
    public static OptionInfo? Find(string key) => All.FirstOrDefault(option => option.Key == key);

    /// <summary>All options of a set of agents.</summary>
    /// <param name="agents">The agents.</param>
    /// <exception cref="InvalidOptionException">
    /// The kind of an agent is the name of a group of options, or an option of it has a type that options cannot have, no setter or no default.
    /// </exception>
    public static ImmutableArray<OptionInfo> Of(IReadOnlyCollection<ILearningAgent> agents)
    {
        OptionInfo[] ofEveryRun = [.. Collect(typeof(TrainingOptions), "", [])];
        return agents.FirstOrDefault(agent => ofEveryRun.Any(option => option.Key.StartsWith(agent.Kind + ".", StringComparison.Ordinal))) is { } taken
            ? throw new InvalidOptionException($"agent '{taken.Kind}' of {taken.GetType()} has the name of the options {taken.Kind}.*: choose another kind")
            : [.. ofEveryRun, .. agents.SelectMany(OfAgent)];
    }

    private static IEnumerable<OptionInfo> OfAgent(ILearningAgent agent)
    {
        if (agent.CreateOptions() is not { } options)
        {
            yield break;
        }

        foreach (OptionInfo option in Collect(options.GetType(), agent.Kind + ".", []))
        {
            if (!option.Type.IsEnum && !AgentTypes.Contains(option.Type))
            {
                throw new InvalidOptionException(
                    $"option {option.Key} of {options.GetType()} is a {option.Type}, expected {AgentTypeNames} or an enum");
            }

            if (!option.Path[^1].CanWrite)
            {
                throw new InvalidOptionException($"option {option.Key} of {options.GetType()} cannot be set, expected a property with a setter");
            }

            if (option.Path.Aggregate((object?)options, (value, property) => value is null ? null : property.GetValue(value)) is null or ImmutableArray<int> { IsDefault: true })
            {
                throw new InvalidOptionException($"option {option.Key} of {options.GetType()} is null by default, expected a value");
            }

            yield return option with { Agent = agent.Kind };
        }
    }

    private static IEnumerable<OptionInfo> Collect(Type type, string prefix, ImmutableArray<PropertyInfo> path)
    {
        foreach (PropertyInfo property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance))
        {
            string key = prefix + ToKey(property.Name);
            ImmutableArray<PropertyInfo> here = path.Add(property);

            // A schedule is both an option (a number means a constant schedule) and a group.
            OptionAttribute? attribute = property.GetCustomAttribute<OptionAttribute>();
            if (attribute is not null)
            {
                yield return new OptionInfo(key, here, attribute);
            }

            if (property.PropertyType is { IsClass: true, Namespace: { } space } && space.StartsWith("Krewe.", StringComparison.Ordinal))
            {
                foreach (OptionInfo option in Collect(property.PropertyType, key + ".", here))
                {
                    yield return option;
                }
            }
        }
    }

    private sealed record Schema(ImmutableArray<ILearningAgent> Agents, ImmutableArray<OptionInfo> Options);
}
