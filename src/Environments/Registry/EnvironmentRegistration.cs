using System.Collections.Immutable;
using Krewe.Contracts;

namespace Krewe.Environments;

/// <summary>Tells the registry how to create an environment.</summary>
public sealed record EnvironmentRegistration
{
    /// <summary>The id, for example <c>CartPole-v1</c>.</summary>
    public required string Id { get; init; }

    /// <summary>Creates one instance, without time limit and checks: the registry adds both.</summary>
    public required Func<EnvironmentArguments, IEnvironment> Create { get; init; }

    /// <summary>Creates the native vectorized version; null if there is none.</summary>
    public VectorEnvironmentFactory? CreateVector { get; init; }

    /// <summary>Number of steps after which an episode is truncated, at least 1; null for no limit.</summary>
    public int? MaxEpisodeSteps { get; init; }

    /// <summary>Mean return at which the environment is considered solved; null for none.</summary>
    public double? RewardThreshold { get; init; }

    /// <summary>
    /// Whether the first observations must lie within the bounds of the observation space. False for the built-in environments: as in
    /// Gymnasium, some of their observations are out of bounds, for example when a CartPole falls fast.
    /// </summary>
    public bool ChecksBounds { get; init; }

    /// <summary>The assembly that declares it, for messages; null for one that was registered by itself.</summary>
    internal string? Source { get; init; }

    /// <summary>The keyword arguments that the environment accepts.</summary>
    public ImmutableArray<EnvironmentParameter> Parameters { get; init; } = [];
}

/// <summary>Creates a native vectorized environment.</summary>
/// <param name="arguments">The keyword arguments.</param>
/// <param name="count">Number of instances, at least 1.</param>
/// <param name="maxEpisodeSteps">Number of steps after which an episode is truncated; null for no limit.</param>
public delegate IVectorEnvironment VectorEnvironmentFactory(EnvironmentArguments arguments, int count, int? maxEpisodeSteps);

/// <summary>One keyword argument of an environment.</summary>
/// <param name="Name">Its name in snake_case, as in Gymnasium.</param>
/// <param name="Default">Its default value as JSON.</param>
/// <param name="Summary">Its effect, type and range, for listings.</param>
public sealed record EnvironmentParameter(string Name, string Default, string Summary);
