using Krewe.Actors;
using Krewe.Networks;

namespace Krewe.Runtime;

/// <summary>The result of a training run.</summary>
public sealed record TrainingResult
{
    /// <summary>Id of the environment.</summary>
    public required string EnvironmentId { get; init; }

    /// <summary>Seed of the run.</summary>
    public required long Seed { get; init; }

    /// <summary>Environment steps taken, over all resumed parts of the run.</summary>
    public required long EnvironmentSteps { get; init; }

    /// <summary>Updates of the network, over all resumed parts of the run.</summary>
    public required long Updates { get; init; }

    /// <summary>Seconds of training, over all resumed parts of the run, without the final evaluation.</summary>
    public required double WallSeconds { get; init; }

    /// <summary>Environment steps per second in this part of the run.</summary>
    public required double StepsPerSecond { get; init; }

    /// <summary>Updates per second in this part of the run.</summary>
    public required double UpdatesPerSecond { get; init; }

    /// <summary>Whether this part of the run started from a checkpoint, so that there are earlier parts.</summary>
    public bool Resumed { get; init; }

    /// <summary>Seconds of training at the first confirmed evaluation at or above the reward threshold; null if there was none.</summary>
    public double? SolvedAtSeconds { get; init; }

    /// <summary>Environment steps at that evaluation; null if there was none.</summary>
    public long? SolvedAtStep { get; init; }

    /// <summary>The evaluation of the best network at the end; null when the run was interrupted.</summary>
    public EvaluationResult? Final { get; init; }

    /// <summary>The evaluation of the last network at the end, on the same episodes; null when the run was interrupted.</summary>
    public EvaluationResult? Last { get; init; }

    /// <summary>Evaluations that were due in this part of the run but skipped, because the actors took the steps of several at once or the run was interrupted.</summary>
    public int EvaluationsSkipped { get; init; }

    /// <summary>Whether the run was cancelled before its end.</summary>
    public bool Interrupted { get; init; }

    /// <summary>Folder of the best checkpoint, or of the last one when there is no best; null when the run wrote none.</summary>
    public string? Checkpoint { get; init; }

    /// <summary>Parameters of the best network, in the order of <see cref="NetworkSpec"/>.</summary>
    public required float[] BestParameters { get; init; }
}
