using System.Collections.Immutable;
using System.Globalization;
using System.Reflection;
using System.Text.Json;

namespace Krewe.Contracts;

/// <summary>One option as the binder, the checks and the help see it.</summary>
/// <param name="Key">Its key, for example <c>learner.batch_size</c>.</param>
/// <param name="Path">The properties that lead to it from <see cref="TrainingOptions"/>.</param>
/// <param name="Attribute">Its description and range.</param>
public sealed record OptionInfo(string Key, ImmutableArray<PropertyInfo> Path, OptionAttribute Attribute)
{
    /// <summary>The type of its value.</summary>
    public Type Type => Path[^1].PropertyType;

    /// <summary>Its range in words, for example <c>1 to 65536</c>; empty when anything of the type goes.</summary>
    public string Range
    {
        get
        {
            string min = Attribute.Min.ToString("0.#######", CultureInfo.InvariantCulture);
            string max = Attribute.Max.ToString("0.#######", CultureInfo.InvariantCulture);
            string above = Attribute.MinExclusive ? $"above {min}" : $"at least {min}";
            return (double.IsFinite(Attribute.Min), double.IsFinite(Attribute.Max)) switch
            {
                (true, true) => Attribute.MinExclusive ? $"above {min} and at most {max}" : $"{min} to {max}",
                (true, false) => above,
                (false, true) => $"at most {max}",
                _ => "",
            };
        }
    }

    /// <summary>Reads the option's value.</summary>
    /// <param name="options">The options to read from.</param>
    public object? Get(TrainingOptions options)
    {
        object? value = options;
        foreach (PropertyInfo property in Path)
        {
            value = property.GetValue(value);
        }

        return value;
    }

    /// <summary>Writes the option's value, unchecked.</summary>
    /// <param name="options">The options to write to.</param>
    /// <param name="value">The value, of <see cref="Type"/>.</param>
    public void Set(TrainingOptions options, object value)
    {
        object owner = options;
        for (int i = 0; i < Path.Length - 1; i++)
        {
            owner = Path[i].GetValue(owner)!;
        }

        Path[^1].SetValue(owner, value);
    }
}

/// <summary>All options, found once by reflection over <see cref="TrainingOptions"/>: the one place that knows their keys.</summary>
public static class OptionSchema
{
    /// <summary>All options in the order of declaration.</summary>
    public static ImmutableArray<OptionInfo> All { get; } = [.. Collect(typeof(TrainingOptions), "", [])];

    /// <summary>Turns a property's name into the name that files use.</summary>
    /// <param name="name">For example <c>BatchSize</c>.</param>
    public static string ToKey(string name) => JsonNamingPolicy.SnakeCaseLower.ConvertName(name);

    /// <summary>Whether a type is a group of options rather than a value.</summary>
    /// <param name="type">The type of a property.</param>
    internal static bool IsSection(Type type) => type.IsClass && type.Namespace == typeof(TrainingOptions).Namespace;

    private static IEnumerable<OptionInfo> Collect(Type type, string prefix, ImmutableArray<PropertyInfo> path)
    {
        foreach (PropertyInfo property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance))
        {
            string key = prefix + ToKey(property.Name);
            ImmutableArray<PropertyInfo> here = path.Add(property);

            // A schedule is an option (a number stands for a constant one) and a section of its own.
            OptionAttribute? attribute = property.GetCustomAttribute<OptionAttribute>();
            if (attribute is not null)
            {
                yield return new OptionInfo(key, here, attribute);
            }

            if (IsSection(property.PropertyType))
            {
                foreach (OptionInfo option in Collect(property.PropertyType, key + ".", here))
                {
                    yield return option;
                }
            }
        }
    }
}
