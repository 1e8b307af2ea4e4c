namespace Krewe.Runtime;

/// <summary>A checkpoint's manifest, for listings.</summary>
/// <param name="Options">The options in effect.</param>
/// <param name="EnvironmentSteps">Environment steps taken.</param>
/// <param name="Updates">Updates done.</param>
/// <param name="Episodes">Episodes ended.</param>
/// <param name="WallSeconds">Seconds of training; 0 in a deterministic run.</param>
/// <param name="EvaluationMean">Mean return of the evaluation of this network; null when it was not evaluated.</param>
/// <param name="BestMean">The best mean return so far in the run; null before the first evaluation.</param>
/// <param name="IsSolved">Whether the run has reached the reward threshold.</param>
/// <param name="IsComplete">As in <see cref="Checkpoint.IsComplete"/>.</param>
public sealed record CheckpointSummary(
    TrainingOptions Options,
    long EnvironmentSteps,
    long Updates,
    long Episodes,
    double WallSeconds,
    double? EvaluationMean,
    double? BestMean,
    bool IsSolved,
    bool? IsComplete = null);
