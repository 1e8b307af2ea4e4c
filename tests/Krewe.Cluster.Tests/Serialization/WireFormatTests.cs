using System.Globalization;
using System.Reflection;
using Krewe.Contracts;
using Krewe.Contracts.Grains;

namespace Krewe.Cluster.Tests;

/// <summary>
/// The wire and storage formats are frozen: aliases, field numbers and types, grain methods, enum values.
/// </summary>
public sealed class WireFormatTests
{
    private static readonly Type[] Enums = [typeof(RunState), typeof(RunDirective), typeof(AppendStatus), typeof(SampleStatus), typeof(ElementType), typeof(SlotFlags), typeof(SiloRoles)];

    [Fact]
    public void The_wire_format_has_not_changed()
    {
        string path = Path.Combine(AppContext.BaseDirectory, "data", "wire-format.txt");
        string[] frozen = File.ReadAllLines(path);
        string[] present = [.. Describe()];
        Assert.True(
            frozen.SequenceEqual(present),
            "the wire format is frozen: add new lines to tests/Krewe.Cluster.Tests/data/wire-format.txt; a missing line breaks silos and clients of earlier versions\n"
            + $"missing:\n{string.Join('\n', frozen.Except(present))}\nnew:\n{string.Join('\n', present.Except(frozen))}");
    }

    [Fact]
    public void Every_type_that_is_sent_has_an_alias_so_that_it_can_be_renamed() =>
        Assert.DoesNotContain(Sent(), type => type.GetCustomAttribute<AliasAttribute>() is null);

    [Fact]
    public void Every_method_of_a_grain_has_an_alias_so_that_it_can_be_renamed() =>
        Assert.DoesNotContain(Interfaces().SelectMany(type => type.GetMethods()), method => method.GetCustomAttribute<AliasAttribute>() is null);

    private static IEnumerable<string> Describe()
    {
        IEnumerable<string> types = Sent().Concat(Interfaces()).SelectMany(Lines).Order(StringComparer.Ordinal);
        IEnumerable<string> grains = Types().Where(type => type.GetCustomAttribute<GrainTypeAttribute>() is not null).Select(Grain).Order(StringComparer.Ordinal);
        return [.. types, .. grains, .. Enums.SelectMany(Values)];
    }

    private static IEnumerable<Type> Types() => typeof(RunStatus).Assembly.GetTypes().Concat(typeof(SiloSettings).Assembly.GetTypes());

    private static IEnumerable<Type> Sent() => Types().Where(type => type.GetCustomAttribute<GenerateSerializerAttribute>() is not null);

    private static IEnumerable<Type> Interfaces() => Types().Where(type =>
        type.IsInterface && typeof(IAddressable).IsAssignableFrom(type) && type.Namespace!.StartsWith("Krewe", StringComparison.Ordinal));

    private static string Alias(MemberInfo member) => member.GetCustomAttribute<AliasAttribute>()?.Alias ?? member.Name;

    private static string Grain(Type type) =>
        $"grain {new GrainTypeText(type)}: {string.Join(", ", type.GetInterfaces().Where(Interfaces().Contains).Select(Alias))}";

    private static IEnumerable<string> Lines(Type type)
    {
        yield return Alias(type);
        if (type.IsInterface)
        {
            foreach (MethodInfo method in type.GetMethods())
            {
                yield return $"{Alias(type)}.{Alias(method)}({string.Join(", ", method.GetParameters().Select(parameter => Name(parameter.ParameterType)))}): {Name(method.ReturnType)}";
            }
        }

        const BindingFlags All = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;
        foreach (MemberInfo member in type.GetMembers(All))
        {
            if (member.GetCustomAttribute<IdAttribute>() is { } id)
            {
                Type of = member is PropertyInfo property ? property.PropertyType : ((FieldInfo)member).FieldType;
                yield return string.Create(CultureInfo.InvariantCulture, $"{Alias(type)} {id.Id:00} {member.Name}: {Name(of)}");
            }
        }
    }

    private static IEnumerable<string> Values(Type type) => Enum.GetValues(type).Cast<object>()
        .Select(value => string.Create(CultureInfo.InvariantCulture, $"enum {type.Name}: {Enum.GetUnderlyingType(type).Name} {value} = {Convert.ToInt64(value, CultureInfo.InvariantCulture)}"));

    private static string Name(Type type) => type.IsGenericType
        ? $"{type.Name[..type.Name.IndexOf('`', StringComparison.Ordinal)]}<{string.Join(", ", type.GetGenericArguments().Select(Name))}>"
        : type.Name;

    private sealed class GrainTypeText(Type type)
    {
        public override string ToString() =>
            (string)type.CustomAttributes.Single(attribute => attribute.AttributeType == typeof(GrainTypeAttribute)).ConstructorArguments[0].Value!;
    }
}
