using System.Collections.Immutable;
using System.Reflection;
using Krewe.Contracts;

namespace Krewe.Environments;

/// <summary>Finds the classes that <see cref="EnvironmentAttribute"/> declares, and turns each into a registration.</summary>
internal static class EnvironmentDiscovery
{
    /// <summary>The environments of an assembly.</summary>
    /// <param name="assembly">The assembly.</param>
    /// <param name="source">What to call it in messages.</param>
    /// <exception cref="InvalidOptionException">The assembly declares no environment, or declares one incorrectly.</exception>
    public static ImmutableArray<EnvironmentRegistration> InAssembly(Assembly assembly, string source)
    {
        var found = ImmutableArray.CreateBuilder<EnvironmentRegistration>();
        foreach (Type type in Types(assembly, source))
        {
            foreach (EnvironmentAttribute attribute in type.GetCustomAttributes<EnvironmentAttribute>(inherit: false))
            {
                found.Add(Describe(type, attribute, source));
            }
        }

        if (found.Count == 0)
        {
            throw new InvalidOptionException(
                $"environment assembly {source}: declares no environment, expected a public class with [Environment(\"MyEnv-v0\")]");
        }

        return found.ToImmutable();
    }

    private static Type[] Types(Assembly assembly, string source)
    {
        try
        {
            return assembly.GetTypes();
        }
        catch (ReflectionTypeLoadException e)
        {
            string reason = e.LoaderExceptions.FirstOrDefault(x => x is not null)?.Message ?? e.Message;
            throw new InvalidOptionException($"environment assembly {source}: its types cannot be loaded: {reason}", e);
        }
    }

    private static EnvironmentRegistration Describe(Type type, EnvironmentAttribute attribute, string source)
    {
        string name = $"environment assembly {source}: class {type.FullName} ({attribute.Id})";
        if (!type.IsVisible || type.IsAbstract || type.ContainsGenericParameters)
        {
            throw new InvalidOptionException($"{name} cannot be made, expected a public class that is neither abstract nor generic");
        }

        if (!typeof(IEnvironment).IsAssignableFrom(type))
        {
            throw new InvalidOptionException($"{name} is no environment, expected a class derived from Environment<T> or ContinuousEnvironment<T>, or an IEnvironment");
        }

        ConstructorInfo constructor = type.GetConstructors()
            .Where(x => x.GetParameters().All(p => p.IsOptional))
            .MaxBy(x => x.GetParameters().Length)
            ?? throw new InvalidOptionException(
                $"{name} has no usable constructor, expected a public one without parameters or with optional ones only");
        ConstructorArguments arguments = new(constructor, name);
        return new EnvironmentRegistration
        {
            Id = attribute.Id,
            MaxEpisodeSteps = attribute.MaxEpisodeSteps == 0 ? null : attribute.MaxEpisodeSteps,
            RewardThreshold = double.IsNaN(attribute.RewardThreshold) ? null : attribute.RewardThreshold,
            ChecksBounds = true,
            Parameters = arguments.Parameters,
            Create = arguments.Invoke,
        };
    }
}
