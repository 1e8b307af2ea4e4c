
namespace Krewe.Contracts;

/// <summary>What is true of the step that left a slot. The values are stored and sent: they never change.</summary>
[Flags]
public enum SlotFlags : byte
{
    /// <summary>An ordinary step.</summary>
    None = 0,

    /// <summary>The step ended the task: its successor has no future (discount 0).</summary>
    Terminated = 1,

    /// <summary>The step was the last before the episode was cut: its successor is the true last observation and is bootstrapped from.</summary>
    Truncated = 2,

    /// <summary>The action was greedy, not a random one.</summary>
    Greedy = 4,

    /// <summary>No step left this slot: it holds a segment's final observation and cannot be sampled.</summary>
    Final = 8,
}
