namespace Krewe.Cluster;

/// <summary>The roles of a silo. A grain is placed only on silos with its role.</summary>
[Flags]
public enum SiloRoles
{
    /// <summary>Only routes messages and hosts the runs' own grains.</summary>
    None = 0,

    /// <summary>Actors and their environments.</summary>
    Actor = 1,

    /// <summary>Shards of replay.</summary>
    Replay = 2,

    /// <summary>The learner, evaluations and checkpoints.</summary>
    Learner = 4,

    /// <summary>All roles.</summary>
    All = Actor | Replay | Learner,
}
