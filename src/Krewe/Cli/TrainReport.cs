using System.Text.Json.Serialization;

namespace Krewe.Cli;

/// <summary>The JSON object that <c>krewe train --json</c> ends with.</summary>
internal sealed record TrainReport
{
    public required string Env { get; init; }

    public required long Seed { get; init; }

    public required long EnvSteps { get; init; }

    public required long Updates { get; init; }

    public required double WallS { get; init; }

    public required double? SolvedAtS { get; init; }

    public required long? SolvedAtStep { get; init; }

    public required double? EvalMean { get; init; }

    public required double? EvalStd { get; init; }

    public required int EvalEpisodes { get; init; }

    public required double StepsPerS { get; init; }

    public required double UpdatesPerS { get; init; }

    public required string? Checkpoint { get; init; }

    public required string Version { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Interrupted { get; init; }

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
        EvalEpisodes = result.Final?.Episodes ?? 0,
        StepsPerS = Math.Round(result.StepsPerSecond, 1),
        UpdatesPerS = Math.Round(result.UpdatesPerSecond, 1),
        Checkpoint = result.Checkpoint,
        Version = KreweVersion.Current,
        Interrupted = result.Interrupted,
    };
}
