namespace Krewe.Cluster;

/// <summary>What a silo is there for: placement puts a grain only where its role is.</summary>
[Flags]
public enum SiloRoles
{
    /// <summary>Carries messages and runs' state alone.</summary>
    None = 0,

    /// <summary>Actors and their environments.</summary>
    Actor = 1,

    /// <summary>Shards of replay.</summary>
    Replay = 2,

    /// <summary>The learner, evaluations and checkpoints.</summary>
    Learner = 4,

    /// <summary>Everything.</summary>
    All = Actor | Replay | Learner,
}
