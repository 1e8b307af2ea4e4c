using System.Collections.Immutable;
using System.Reflection;
using Krewe.Contracts;

namespace Krewe.Environments;

/// <summary>Finds the classes marked with <see cref="EnvironmentAttribute"/> and creates their registrations.</summary>
internal static class EnvironmentDiscovery
{
    /// <summary>Returns the registrations of an assembly's environments.</summary>
    /// <param name="assembly">The assembly.</param>
    /// <param name="source">The assembly's name or path, for error messages.</param>
    /// <param name="mayBeEmpty">Whether it may declare none.</param>
    /// <exception cref="InvalidOptionException">The assembly declares no environment, or declares one incorrectly.</exception>
    public static ImmutableArray<EnvironmentRegistration> InAssembly(Assembly assembly, string source, bool mayBeEmpty = false)
    {
        var found = ImmutableArray.CreateBuilder<EnvironmentRegistration>();
        foreach ((Type type, EnvironmentAttribute attribute) in Declared(assembly, source))
        {
            found.Add(Describe(type, attribute, source));
        }

        if (found.Count == 0 && !mayBeEmpty)
        {
            throw new InvalidOptionException(
                $"assembly {source}: declares no environment, expected a public class with [Environment(\"MyEnv-v0\")]");
        }

        return found.ToImmutable();
    }

    private static (Type Type, EnvironmentAttribute Attribute)[] Declared(Assembly assembly, string source)
    {
        try
        {
            return [.. assembly.GetTypes().SelectMany(type => type.GetCustomAttributes<EnvironmentAttribute>(inherit: false).Select(attribute => (type, attribute)))];
        }
        catch (Exception e) when (e is ReflectionTypeLoadException or TypeLoadException or IOException)
        {
            Exception reason = (e as ReflectionTypeLoadException)?.LoaderExceptions.FirstOrDefault(x => x is not null) ?? e;
            string needed = reason is FileNotFoundException { FileName: { } name } ? $"it needs {new AssemblyName(name).Name}, which is not beside it" : reason.Message;
            throw new InvalidOptionException($"assembly {source}: its types cannot be loaded: {needed}", e);
        }
    }

    private static EnvironmentRegistration Describe(Type type, EnvironmentAttribute attribute, string source)
    {
        string name = $"assembly {source}: class {type.FullName} ({attribute.Id})";
        if (!type.IsVisible || type.IsAbstract || type.ContainsGenericParameters)
        {
            throw new InvalidOptionException($"{name} cannot be instantiated, expected a public class that is neither abstract nor generic");
        }

        if (!typeof(IEnvironment).IsAssignableFrom(type))
        {
            throw new InvalidOptionException($"{name} is not an environment, expected a class that derives from Environment<T> or ContinuousEnvironment<T>, or implements IEnvironment");
        }

        ConstructorInfo constructor = type.GetConstructors()
            .Where(x => x.GetParameters().All(p => p.IsOptional))
            .MaxBy(x => x.GetParameters().Length)
            ?? throw new InvalidOptionException(
                $"{name} has no usable constructor, expected a public one whose parameters are all optional");
        ConstructorArguments arguments = new(constructor, name);
        return new EnvironmentRegistration
        {
            Id = attribute.Id,
            MaxEpisodeSteps = attribute.MaxEpisodeSteps == 0 ? null : attribute.MaxEpisodeSteps,
            RewardThreshold = double.IsNaN(attribute.RewardThreshold) ? null : attribute.RewardThreshold,
            ChecksBounds = true,
            Source = source,
            Parameters = arguments.Parameters,
            Create = arguments.Invoke,
        };
    }
}
