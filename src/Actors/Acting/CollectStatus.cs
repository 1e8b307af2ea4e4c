namespace Krewe.Actors;

/// <summary>How far <see cref="ActorLoop.Collect(TimeSpan)"/> came.</summary>
public enum CollectStatus
{
    /// <summary>The rollout is full: a batch waits to be pushed.</summary>
    Complete,

    /// <summary>The quantum was over before the rollout was full: call again to go on with it.</summary>
    Unfinished,

    /// <summary>There is no step left to claim: nothing was done.</summary>
    Exhausted,
}
