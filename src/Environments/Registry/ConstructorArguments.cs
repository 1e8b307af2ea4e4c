using System.Collections.Immutable;
using System.Reflection;
using System.Runtime.ExceptionServices;
using System.Text;
using System.Text.Json;
using Krewe.Contracts;

namespace Krewe.Environments;

/// <summary>Maps keyword arguments in snake_case to the parameters of a user-defined environment's constructor.</summary>
internal sealed class ConstructorArguments
{
    private readonly ConstructorInfo _constructor;
    private readonly ParameterInfo[] _parameters;

    /// <summary>Reads the parameters of a constructor.</summary>
    /// <param name="constructor">The constructor; its parameters are all optional.</param>
    /// <param name="owner">The class that declares it, for error messages.</param>
    /// <exception cref="InvalidOptionException">A parameter has an unsupported type.</exception>
    public ConstructorArguments(ConstructorInfo constructor, string owner)
    {
        _constructor = constructor;
        _parameters = constructor.GetParameters();
        foreach (ParameterInfo parameter in _parameters)
        {
            if (Expected(parameter.ParameterType) is null)
            {
                throw new InvalidOptionException(
                    $"{owner}: constructor parameter {parameter.Name} is a {parameter.ParameterType.Name}, "
                    + "expected bool, int, long, float, double, string, an enum or an array of one of these");
            }
        }

        Parameters = [.. _parameters.Select(x => new EnvironmentParameter(
            SnakeCase(x.Name!),
            x.DefaultValue is Enum or null ? JsonSerializer.Serialize(x.DefaultValue?.ToString()) : JsonSerializer.Serialize(x.DefaultValue),
            Expected(x.ParameterType)!))];
    }

    /// <summary>The keyword arguments.</summary>
    public ImmutableArray<EnvironmentParameter> Parameters { get; }

    /// <summary>Creates the environment.</summary>
    /// <param name="arguments">The keyword arguments that were given.</param>
    /// <exception cref="InvalidOptionException">An argument has the wrong type, or the constructor throws.</exception>
    public IEnvironment Invoke(EnvironmentArguments arguments)
    {
        var values = new object?[_parameters.Length];
        for (int i = 0; i < values.Length; i++)
        {
            string name = Parameters[i].Name;
            Type type = _parameters[i].ParameterType;
            values[i] = arguments.TryGet(name, out JsonElement? given)
                ? Convert(given.Value, type) ?? (IsNull(given.Value, type) ? null : throw arguments.Wrong(name, $"expected {Expected(type)}{Limits(given.Value, type)}"))
                : _parameters[i].DefaultValue;
        }

        try
        {
            return (IEnvironment)_constructor.Invoke(values);
        }
        catch (TargetInvocationException e) when (e.InnerException is KreweException inner)
        {
            ExceptionDispatchInfo.Throw(inner);
            throw;
        }
        catch (TargetInvocationException e)
        {
            throw new InvalidOptionException($"{arguments.EnvironmentId}: the constructor threw {e.InnerException?.GetType().Name}: {e.InnerException?.Message}", e.InnerException);
        }
    }

    /// <summary>Converts a name to snake_case: <c>goalVelocity</c> becomes <c>goal_velocity</c>.</summary>
    internal static string SnakeCase(string name)
    {
        var text = new StringBuilder(name.Length + 4);
        for (int i = 0; i < name.Length; i++)
        {
            bool starts = i > 0 && char.IsUpper(name[i]) && (!char.IsUpper(name[i - 1]) || (i + 1 < name.Length && char.IsLower(name[i + 1])));
            text.Append(starts ? "_" : "").Append(char.ToLowerInvariant(name[i]));
        }

        return text.ToString();
    }

    private static bool IsNull(JsonElement value, Type type) =>
        value.ValueKind == JsonValueKind.Null && (!type.IsValueType || Nullable.GetUnderlyingType(type) is not null);

    private static string? Expected(Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        return type == typeof(bool) ? "true or false"
            : type == typeof(int) || type == typeof(long) ? "a whole number"
            : type == typeof(double) || type == typeof(float) ? "a number"
            : type == typeof(string) ? "a string"
            : type.IsEnum ? $"one of {string.Join(", ", Enum.GetNames(type).Select(SnakeCase))}"
            : type.IsSZArray && Expected(type.GetElementType()!) is { } element ? $"a list of items, each {element}"
            : null;
    }

    // A whole number that does not fit is refused with the bounds of its type.
    private static string Limits(JsonElement value, Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        return value.ValueKind != JsonValueKind.Number || !double.IsInteger(value.GetDouble()) ? ""
            : type == typeof(int) ? $" from {int.MinValue} to {int.MaxValue}"
            : type == typeof(long) ? $" from {long.MinValue} to {long.MaxValue}"
            : "";
    }

    private static object? Convert(JsonElement value, Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        return value.ValueKind switch
        {
            JsonValueKind.True or JsonValueKind.False when type == typeof(bool) => value.GetBoolean(),
            JsonValueKind.Number when type == typeof(int) && value.TryGetInt32(out int x) => x,
            JsonValueKind.Number when type == typeof(long) && value.TryGetInt64(out long x) => x,
            JsonValueKind.Number when type == typeof(double) && value.TryGetDouble(out double x) && double.IsFinite(x) => x,
            JsonValueKind.Number when type == typeof(float) && value.TryGetSingle(out float x) && float.IsFinite(x) => x,
            JsonValueKind.String when type == typeof(string) => value.GetString(),
            JsonValueKind.String when type.IsEnum => EnumValue(value.GetString()!, type),
            JsonValueKind.Array when type.IsSZArray => ArrayValue(value, type.GetElementType()!),
            _ => null,
        };
    }

    private static object? EnumValue(string text, Type type) =>
        Array.Find(Enum.GetNames(type), x => x == text || SnakeCase(x) == text) is { } name ? Enum.Parse(type, name) : null;

    private static Array? ArrayValue(JsonElement value, Type element)
    {
        var array = Array.CreateInstance(element, value.GetArrayLength());
        for (int i = 0; i < array.Length; i++)
        {
            if (Convert(value[i], element) is not { } item)
            {
                return null;
            }

            array.SetValue(item, i);
        }

        return array;
    }
}
