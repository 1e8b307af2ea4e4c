namespace Krewe.Actors;

/// <summary>The outcome of <see cref="ActorLoop.Collect(TimeSpan)"/>.</summary>
public enum CollectStatus
{
    /// <summary>The rollout is complete, and its batch can be pushed.</summary>
    Complete,

    /// <summary>The quantum expired before the rollout was complete; call again to continue it.</summary>
    Unfinished,

    /// <summary>There are no steps left to claim; nothing was done.</summary>
    Exhausted,
}
