namespace Krewe.Runtime;

/// <summary>Whose turn it is in a run in lock step.</summary>
public sealed class LockStepTurn
{
    /// <summary>Index of the actor that collects next.</summary>
    public int NextActor { get; set; }

    /// <summary>Whether the learner is at work, before the next actor collects.</summary>
    public bool IsLearning { get; set; }

    /// <summary>Whether an evaluation of the current network was due and has not ended.</summary>
    public bool IsEvaluating { get; set; }
}
