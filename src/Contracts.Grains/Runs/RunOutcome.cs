namespace Krewe.Contracts.Grains;

/// <summary>The outcome of a finished run.</summary>
[GenerateSerializer, Immutable, Alias("krewe.RunOutcome")]
public sealed record RunOutcome
{
    /// <summary>Environment steps taken.</summary>
    [Id(0)]
    public required long EnvironmentSteps { get; init; }

    /// <summary>Updates of the network.</summary>
    [Id(1)]
    public required long Updates { get; init; }

    /// <summary>Seconds of training, without the evaluation at the end.</summary>
    [Id(2)]
    public required double WallSeconds { get; init; }

    /// <summary>Environment steps per second while the last learner was active.</summary>
    [Id(3)]
    public required double StepsPerSecond { get; init; }

    /// <summary>Updates per second while the last learner was active.</summary>
    [Id(4)]
    public required double UpdatesPerSecond { get; init; }

    /// <summary>Seconds of training at the first confirmed evaluation at or above the reward threshold; null if there was none.</summary>
    [Id(5)]
    public double? SolvedAtSeconds { get; init; }

    /// <summary>Environment steps at that evaluation; null if there was none.</summary>
    [Id(6)]
    public long? SolvedAtStep { get; init; }

    /// <summary>The evaluation of the best network at the end; null when the run was stopped.</summary>
    [Id(7)]
    public EvaluationPoint? Final { get; init; }

    /// <summary>Whether the run was stopped before its end.</summary>
    [Id(8)]
    public bool Interrupted { get; init; }

    /// <summary>Folder of the best checkpoint, or of the last one if there is no best, as a path on the learner's silo.</summary>
    [Id(9)]
    public string? Checkpoint { get; init; }

    /// <summary>Evaluations that were due while the last learner was active but skipped, because the actors took the steps of several at once or the run was interrupted.</summary>
    [Id(10)]
    public int EvaluationsSkipped { get; init; }

    /// <summary>Whether the last learner started from a checkpoint, so that the rates are not those of the whole run.</summary>
    [Id(11)]
    public bool Resumed { get; init; }

    /// <summary>The evaluation of the last network at the end; null when the run was stopped.</summary>
    [Id(12)]
    public EvaluationPoint? Last { get; init; }
}
