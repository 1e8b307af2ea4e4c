using Krewe.Contracts;

namespace Krewe.Runtime;

/// <summary>The run as a whole.</summary>
public sealed class RunOptions
{
    /// <summary>Seed of everything random in the run: every component derives its own stream from it.</summary>
    [Option("seed of everything random in the run", Min = 0)]
    public long Seed { get; set; }

    /// <summary>Environment steps of the whole run, over all actors; the last rollout may exceed it by less than the number of environments.</summary>
    [Option("environment steps of the whole run", Min = 1)]
    public long Steps { get; set; } = 100_000;

    /// <summary>Whether the run ends when an evaluation at or above the environment's reward threshold is confirmed by a second one.</summary>
    [Option("end when an evaluation at or above the reward threshold is confirmed by a second one")]
    public bool UntilSolved { get; set; }

    /// <summary>Whether actors and learner run in lock step, so that the same seed gives the same checkpoint, byte for byte.</summary>
    [Option("run actors and learner in lock step: the same seed gives the same checkpoint")]
    public bool Deterministic { get; set; }

    /// <summary>Environment steps between two checkpoints. The end of the run always writes one.</summary>
    [Option("environment steps between two checkpoints", Min = 1)]
    public long CheckpointInterval { get; set; } = 100_000;

    /// <summary>Whether the last checkpoint also holds the content of replay, so that a resumed run need not collect it again.</summary>
    [Option("save the content of replay with the last checkpoint")]
    public bool SaveReplay { get; set; }

    /// <summary>Whether the run is complete.</summary>
    /// <param name="steps">Environment steps taken.</param>
    /// <param name="isSolved">Whether an evaluation has reached the reward threshold.</param>
    public bool IsDone(long steps, bool isSolved) => steps >= Steps || (UntilSolved && isSolved);
}
