using Krewe.Contracts;

namespace Krewe.Environments;

/// <summary>
/// Declares an environment, so that <see cref="EnvironmentRegistry.RegisterAssembly(string)"/> finds it. The class must be public,
/// implement <see cref="IEnvironment"/> (usually by deriving from <see cref="Environment{T}"/>), and have a public constructor
/// whose parameters, if any, are all optional. They become the environment's keyword arguments, in snake_case.
/// </summary>
/// <param name="id">The id, by convention a name and a version: <c>MyEnv-v0</c>.</param>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = true, Inherited = false)]
public sealed class EnvironmentAttribute(string id) : Attribute
{
    /// <summary>The id, for example <c>MyEnv-v0</c>.</summary>
    public string Id { get; } = id;

    /// <summary>Number of steps after which an episode is truncated; 0 (the default) means no limit.</summary>
    public int MaxEpisodeSteps { get; set; }

    /// <summary>Mean return at which the environment is considered solved; NaN (the default) means none.</summary>
    public double RewardThreshold { get; set; } = double.NaN;
}
