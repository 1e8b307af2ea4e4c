using Krewe.Networks;
using Krewe.Replay;

namespace Krewe.Learner;

/// <summary>What a run of an agent needs.</summary>
/// <param name="Policy">What a policy is made of.</param>
public sealed record AgentPlan(PolicySpec Policy)
{
    /// <summary>What the learner is fed.</summary>
    public FeedKind Feed { get; init; }

    /// <summary>
    /// How replay selects transitions, if the algorithm prescribes it; <c>replay.priority_exponent</c> above 0 is then refused. Default null:
    /// <c>replay.priority_exponent</c> decides.
    /// </summary>
    public ReplaySelector? Selector { get; init; }

    /// <summary>
    /// Whether the objective's priority of a transition is the size of its temporal-difference error: actors then compute initial priorities
    /// for a replay that uses them. Otherwise a new transition has the largest priority in its shard.
    /// </summary>
    public bool PrioritiesAreErrors { get; init; }
}

/// <summary>What a learner is fed.</summary>
public enum FeedKind
{
    /// <summary>Mini-batches of transitions from replay.</summary>
    Transitions,

    /// <summary>Whole rollouts, first in, first out, each once, without replay. Actors wait for a learner that is behind.</summary>
    Rollouts,
}
