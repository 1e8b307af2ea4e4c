using Krewe.Contracts;

namespace Krewe.Environments;

/// <summary>
/// Declares an environment, so that <see cref="EnvironmentRegistry.RegisterAssembly(string)"/> finds it. The class is public,
/// implements <see cref="IEnvironment"/> (most derive from <see cref="Environment{T}"/>), and has a public
/// constructor whose parameters, if any, are all optional: they are the environment's keyword arguments, in snake_case.
/// </summary>
/// <param name="id">The id, by convention a name and a version: <c>MyEnv-v0</c>.</param>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = true, Inherited = false)]
public sealed class EnvironmentAttribute(string id) : Attribute
{
    /// <summary>The id, for example <c>MyEnv-v0</c>.</summary>
    public string Id { get; } = id;

    /// <summary>Steps after which an episode is truncated; 0, the default, for no limit.</summary>
    public int MaxEpisodeSteps { get; set; }

    /// <summary>Mean return at which the environment counts as solved; NaN, the default, for none.</summary>
    public double RewardThreshold { get; set; } = double.NaN;
}
