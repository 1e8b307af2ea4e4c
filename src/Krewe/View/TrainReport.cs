using System.Text.Json.Serialization;
using Krewe.Runtime;

namespace Krewe.Cli;

/// <summary>The JSON object that <c>train --json</c> prints at the end, written with <see cref="CommonOptions.Json"/>.</summary>
public sealed record TrainReport
{
    /// <summary>Id of the environment.</summary>
    public required string Env { get; init; }

    /// <summary>Seed of the run.</summary>
    public required long Seed { get; init; }

    /// <summary>Environment steps of the whole run.</summary>
    public required long EnvSteps { get; init; }

    /// <summary>Updates of the network.</summary>
    public required long Updates { get; init; }

    /// <summary>Seconds of training.</summary>
    public required double WallS { get; init; }

    /// <summary>Seconds of training at the first confirmed evaluation at the reward threshold; null for none.</summary>
    public required double? SolvedAtS { get; init; }

    /// <summary>Environment steps at that evaluation.</summary>
    public required long? SolvedAtStep { get; init; }

    /// <summary>Mean return of the best network at the end; null when interrupted.</summary>
    public required double? EvalMean { get; init; }

    /// <summary>Its standard deviation.</summary>
    public required double? EvalStd { get; init; }

    /// <summary>Mean return of the last network at the end, on the same episodes; null when interrupted.</summary>
    public required double? LastMean { get; init; }

    /// <summary>Its standard deviation.</summary>
    public required double? LastStd { get; init; }

    /// <summary>Number of episodes of each of the two evaluations.</summary>
    public required int EvalEpisodes { get; init; }

    /// <summary>Evaluations that were due but skipped, because the actors took the steps of several at once or the run was interrupted.</summary>
    public required int EvaluationsSkipped { get; init; }

    /// <summary>Environment steps per second; of a resumed run, since it was resumed.</summary>
    public required double StepsPerS { get; init; }

    /// <summary>Updates per second; of a resumed run, since it was resumed.</summary>
    public required double UpdatesPerS { get; init; }

    /// <summary>Folder of the checkpoint to use; null when none was written.</summary>
    public required string? Checkpoint { get; init; }

    /// <summary>The version of Krewe.</summary>
    public required string Version { get; init; }

    /// <summary>Whether the run was cancelled; left out when it was not.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Interrupted { get; init; }

    /// <summary>Creates the report.</summary>
    /// <param name="result">The run's result.</param>
    public static TrainReport From(TrainingResult result) => new()
    {
        Env = result.EnvironmentId,
        Seed = result.Seed,
        EnvSteps = result.EnvironmentSteps,
        Updates = result.Updates,
        WallS = Math.Round(result.WallSeconds, 4),
        SolvedAtS = result.SolvedAtSeconds is { } seconds ? Math.Round(seconds, 4) : null,
        SolvedAtStep = result.SolvedAtStep,
        EvalMean = result.Final?.Mean,
        EvalStd = result.Final?.StandardDeviation,
        LastMean = result.Last?.Mean,
        LastStd = result.Last?.StandardDeviation,
        EvalEpisodes = result.Final?.Episodes ?? 0,
        EvaluationsSkipped = result.EvaluationsSkipped,
        StepsPerS = Math.Round(result.StepsPerSecond, 1),
        UpdatesPerS = Math.Round(result.UpdatesPerSecond, 1),
        Checkpoint = result.Checkpoint,
        Version = KreweVersion.Current,
        Interrupted = result.Interrupted,
    };
}
