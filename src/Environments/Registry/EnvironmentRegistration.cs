using System.Collections.Immutable;
using Krewe.Contracts;

namespace Krewe.Environments;

/// <summary>How the registry makes one environment.</summary>
public sealed record EnvironmentRegistration
{
    /// <summary>The id, for example <c>CartPole-v1</c>.</summary>
    public required string Id { get; init; }

    /// <summary>Makes one instance without time limit and checks: the registry adds them.</summary>
    public required Func<EnvironmentArguments, IEnvironment> Create { get; init; }

    /// <summary>Makes the native vectorized version, or null where there is none.</summary>
    public VectorEnvironmentFactory? CreateVector { get; init; }

    /// <summary>Steps after which an episode is truncated; null for no limit.</summary>
    public int? MaxEpisodeSteps { get; init; }

    /// <summary>Mean return at which the environment counts as solved; null for none.</summary>
    public double? RewardThreshold { get; init; }

    /// <summary>
    /// Whether the first observations must lie within the bounds of their box. Gymnasium's own environments leave theirs at times, a
    /// CartPole that falls fast for example, and are taken as they are.
    /// </summary>
    public bool ChecksBounds { get; init; }

    /// <summary>The assembly that declares it, for messages; null for one that was registered by itself.</summary>
    internal string? Source { get; init; }

    /// <summary>The keyword arguments it knows.</summary>
    public ImmutableArray<EnvironmentParameter> Parameters { get; init; } = [];
}

/// <summary>Makes a native vectorized environment.</summary>
/// <param name="arguments">The keyword arguments.</param>
/// <param name="count">Number of instances, at least 1.</param>
/// <param name="maxEpisodeSteps">Steps after which an episode is truncated; null for no limit.</param>
public delegate IVectorEnvironment VectorEnvironmentFactory(EnvironmentArguments arguments, int count, int? maxEpisodeSteps);

/// <summary>One keyword argument of an environment.</summary>
/// <param name="Name">Its name in snake_case, as in Gymnasium.</param>
/// <param name="Default">Its default as JSON.</param>
/// <param name="Summary">What it does, its type and range, for listings.</param>
public sealed record EnvironmentParameter(string Name, string Default, string Summary);
