using Krewe.Contracts;
using Krewe.Learner;
using Krewe.Replay;

namespace Krewe.Runtime;

/// <summary>The content of a checkpoint folder: everything needed to resume a run or to use its policy.</summary>
public sealed record Checkpoint
{
    /// <summary>The state of the learner, with its policy.</summary>
    public required LearnerState State { get; init; }

    /// <summary>The options in effect, as one JSON object.</summary>
    public required TrainingOptions Options { get; init; }

    /// <summary>Environment steps taken.</summary>
    public required long EnvironmentSteps { get; init; }

    /// <summary>Updates done.</summary>
    public required long Updates { get; init; }

    /// <summary>Episodes ended.</summary>
    public required long Episodes { get; init; }

    /// <summary>The version published last; a resumed run publishes higher versions.</summary>
    public required long PolicyVersion { get; init; }

    /// <summary>Seconds of training; 0 in a deterministic run, whose checkpoints are the same byte for byte.</summary>
    public required double WallSeconds { get; init; }

    /// <summary>Mean return of the evaluation of this network; null when it was not evaluated.</summary>
    public double? EvaluationMean { get; init; }

    /// <summary>The best mean return so far in the run; null before the first evaluation.</summary>
    public double? BestMean { get; init; }

    /// <summary>Seconds and environment steps after which the run first reached the reward threshold; null when it has not.</summary>
    public SolvedAt? Solved { get; init; }

    /// <summary>
    /// Whether it was written at the end of a run that took all its steps or was solved: nothing is left of it. False for a checkpoint of a run
    /// under way, and of one that was interrupted; null in checkpoints of earlier versions.
    /// </summary>
    public bool? IsComplete { get; init; }

    /// <summary>State of each actor's random stream.</summary>
    public IReadOnlyList<Pcg64State> ActorRandom { get; init; } = [];

    /// <summary>The krewe version that wrote the checkpoint.</summary>
    public string KreweVersion { get; init; } = "";

    /// <summary>Names of the files beside the weights: replay, and the state of the actors. Empty if nothing of that was saved.</summary>
    public IReadOnlyList<string> Files { get; init; } = [];

    /// <summary>Whether replay was saved.</summary>
    public bool HasReplay => Files.Contains(ShardedReplayFolder.StateFile);
}

/// <summary>When a run first reached its environment's reward threshold.</summary>
/// <param name="Seconds">Seconds of training; 0 in a deterministic run.</param>
/// <param name="Step">Environment steps.</param>
public sealed record SolvedAt(double Seconds, long Step);
