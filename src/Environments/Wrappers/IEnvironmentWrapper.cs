using Krewe.Contracts;

namespace Krewe.Environments;

/// <summary>An environment around another one.</summary>
public interface IEnvironmentWrapper : IEnvironment
{
    /// <summary>The environment inside.</summary>
    IEnvironment Inner { get; }
}

/// <summary>Reaches through wrappers.</summary>
public static class EnvironmentWrapperExtensions
{
    /// <summary>The outermost environment in a chain of wrappers that is a <typeparamref name="T"/>, or null.</summary>
    /// <typeparam name="T">What is looked for, for example <see cref="IStatefulEnvironment"/>.</typeparam>
    /// <param name="environment">Where to start.</param>
    public static T? Find<T>(this IEnvironment environment)
        where T : class
    {
        for (IEnvironment? current = environment; current is not null; current = (current as IEnvironmentWrapper)?.Inner)
        {
            if (current is T found)
            {
                return found;
            }
        }

        return null;
    }
}
