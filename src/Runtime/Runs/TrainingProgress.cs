using Krewe.Contracts;

namespace Krewe.Runtime;

/// <summary>The progress of a training run.</summary>
/// <param name="Elapsed">Time of training.</param>
/// <param name="EnvironmentSteps">Environment steps taken.</param>
/// <param name="StepBudget">Environment steps of the whole run.</param>
/// <param name="Updates">Updates of the network.</param>
/// <param name="Episodes">Episodes ended.</param>
/// <param name="MeanReturn">Mean return of the last 100 episodes; null before the first has ended.</param>
/// <param name="Epsilon">Probability of a random action, of the first actor.</param>
/// <param name="LastUpdate">Loss, mean Q and gradient norm of the last update; all 0 before the first.</param>
/// <param name="PolicyVersion">The newest published version.</param>
/// <param name="PolicyLag">Versions by which the slowest actor lags behind.</param>
/// <param name="Replay">Counters of the replay.</param>
/// <param name="LastEvaluation">The last evaluation; null before the first.</param>
/// <param name="BestMean">The best mean return of an evaluation; null before the first.</param>
public readonly record struct TrainingProgress(
    TimeSpan Elapsed,
    long EnvironmentSteps,
    long StepBudget,
    long Updates,
    long Episodes,
    double? MeanReturn,
    double Epsilon,
    TrainResult LastUpdate,
    long PolicyVersion,
    long PolicyLag,
    ReplayStatistics Replay,
    EvaluationReport? LastEvaluation,
    double? BestMean)
{
    /// <summary>Whether there has been an update in this part of the run, so that <see cref="LastUpdate"/> is meaningful.</summary>
    public bool HasUpdate => LastUpdate != default;

    /// <summary>Transitions sampled for each one inserted; 0 before the first.</summary>
    public double SamplesPerInsert => Replay.Inserted == 0 ? 0 : (double)Replay.Sampled / Replay.Inserted;
}
