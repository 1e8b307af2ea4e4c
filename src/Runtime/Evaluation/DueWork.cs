using Krewe.Learner;

namespace Krewe.Runtime;

/// <summary>What the learner hands over between two updates: its state as it was then, to be evaluated, saved, or both.</summary>
/// <param name="Captured">The state.</param>
/// <param name="Progress">Where the run stood.</param>
/// <param name="Evaluate">Whether an evaluation is due.</param>
/// <param name="Save">Whether a checkpoint is due.</param>
public sealed record DueWork(Checkpoint Captured, TrainingProgress Progress, bool Evaluate, bool Save);
