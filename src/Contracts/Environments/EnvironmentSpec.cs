namespace Krewe.Contracts;

/// <summary>Describes an environment without creating it: Gymnasium's <c>EnvSpec</c> plus the spaces.</summary>
/// <param name="Id">The id, for example <c>CartPole-v1</c>.</param>
/// <param name="ObservationSpace">The space of observations.</param>
/// <param name="ActionSpace">The space of actions.</param>
/// <param name="MaxEpisodeSteps">Steps after which an episode is truncated; null for no limit.</param>
/// <param name="RewardThreshold">Mean return at which the environment counts as solved; null if Gymnasium defines none.</param>
public sealed record EnvironmentSpec(
    string Id,
    Space ObservationSpace,
    Space ActionSpace,
    int? MaxEpisodeSteps,
    double? RewardThreshold);
