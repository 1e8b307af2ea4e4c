using Krewe.Contracts;

namespace Krewe.Environments;

/// <summary>An environment that wraps another one.</summary>
public interface IEnvironmentWrapper : IEnvironment
{
    /// <summary>The wrapped environment.</summary>
    IEnvironment Inner { get; }
}

/// <summary>Looks through wrappers.</summary>
public static class EnvironmentWrapperExtensions
{
    /// <summary>The outermost environment in a chain of wrappers that is a <typeparamref name="T"/>, or null.</summary>
    /// <typeparam name="T">The type to find, for example <see cref="IStatefulEnvironment"/>.</typeparam>
    /// <param name="environment">The outermost environment.</param>
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
