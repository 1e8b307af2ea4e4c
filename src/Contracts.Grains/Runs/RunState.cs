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

    /// <summary>Ended by itself: its budget of steps is spent, or its environment is solved.</summary>
    Completed = 4,

    /// <summary>Ended by an error, which the status names.</summary>
    Failed = 5,

    /// <summary>Ended by a command, with a last checkpoint from which another run can go on.</summary>
    Stopped = 6,
}

/// <summary>What follows from the state of a run.</summary>
public static class RunStates
{
    /// <summary>Whether a run in this state has ended: no other state follows.</summary>
    /// <param name="state">The state.</param>
    public static bool IsOver(this RunState state) => state is RunState.Completed or RunState.Failed or RunState.Stopped;
}
