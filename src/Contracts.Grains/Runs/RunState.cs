namespace Krewe.Contracts.Grains;

/// <summary>The state of a run. The values are persisted and must not change.</summary>
public enum RunState
{
    /// <summary>Submitted; its actors, shards and learner are being started.</summary>
    Created = 0,

    /// <summary>Training.</summary>
    Running = 1,

    /// <summary>Paused until it is resumed; replay and learner keep their state.</summary>
    Paused = 2,

    /// <summary>Stop requested; the last checkpoint is being written.</summary>
    Stopping = 3,

    /// <summary>Finished: its budget of steps is spent, or its environment is solved.</summary>
    Completed = 4,

    /// <summary>Ended by an error, which the status contains.</summary>
    Failed = 5,

    /// <summary>Stopped on request, with a last checkpoint from which another run can resume.</summary>
    Stopped = 6,
}

/// <summary>Properties of a run's state.</summary>
public static class RunStates
{
    /// <summary>Whether a run in this state has ended; no other state follows.</summary>
    /// <param name="state">The state.</param>
    public static bool IsOver(this RunState state) => state is RunState.Completed or RunState.Failed or RunState.Stopped;
}
