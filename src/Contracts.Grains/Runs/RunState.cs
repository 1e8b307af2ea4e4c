namespace Krewe.Contracts.Grains;

/// <summary>Where a run is in its life. The values are stored: they never change.</summary>
public enum RunState
{
    /// <summary>Handed in; its actors, shards and learner are being started.</summary>
    Created = 0,

    /// <summary>Training.</summary>
    Running = 1,

    /// <summary>Stands still until it is resumed; replay and learner keep what they hold.</summary>
    Paused = 2,

    /// <summary>Asked to end; the last checkpoint is being written.</summary>
    Stopping = 3,

    /// <summary>Ended by itself, or was stopped.</summary>
    Completed = 4,

    /// <summary>Ended by an error, which the status names.</summary>
    Failed = 5,
}
