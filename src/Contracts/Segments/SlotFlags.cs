namespace Krewe.Contracts;

/// <summary>Flags of the step taken from a slot. The values are part of the file and wire formats and never change.</summary>
[Flags]
public enum SlotFlags : byte
{
    /// <summary>An ordinary step.</summary>
    None = 0,

    /// <summary>The step reached a terminal state: the discount is 0.</summary>
    Terminated = 1,

    /// <summary>
    /// The step was the last before the episode was truncated: the learner bootstraps from the final observation that follows.
    /// </summary>
    Truncated = 2,

    /// <summary>The action was greedy, not random.</summary>
    Greedy = 4,

    /// <summary>The slot has no step: it holds the final observation of a segment and cannot be sampled.</summary>
    Final = 8,
}
