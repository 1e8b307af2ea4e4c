namespace Krewe.Runtime;

/// <summary>Work that is due between two updates: the learner's captured state, to be evaluated, saved, or both.</summary>
/// <param name="Captured">The state.</param>
/// <param name="Progress">The run's progress at that time.</param>
/// <param name="Evaluate">Whether an evaluation is due.</param>
/// <param name="Save">Whether a checkpoint is due.</param>
public sealed record DueWork(Checkpoint Captured, TrainingProgress Progress, bool Evaluate, bool Save);
