using Krewe.Contracts;
using Krewe.Contracts.Grains;

namespace Krewe.Cluster;

/// <summary>
/// The states of a run: their transitions, and what each requires of actors and learner. Changes only the record; the grain persists it and
/// notifies the others.
/// </summary>
/// <param name="runId">The run's id.</param>
/// <param name="record">The run's persisted record.</param>
internal sealed class RunLifecycle(string runId, RunRecordState record)
{
    /// <summary>Whether the run exists.</summary>
    public bool Exists => record.Specification is not null;

    /// <summary>Whether the run has ended.</summary>
    public bool IsOver => record.State.IsOver();

    /// <summary>Whether the run exists and has not ended.</summary>
    public bool IsActive => Exists && !IsOver;

    /// <summary>Whether environment steps may be leased.</summary>
    public bool GivesSteps => Exists && record.State is RunState.Created or RunState.Running;

    /// <summary>The directive for actors and learner.</summary>
    public RunDirective Directive => !Exists ? RunDirective.Stop : record.State switch
    {
        RunState.Created or RunState.Running => RunDirective.Work,
        RunState.Paused => RunDirective.Pause,
        _ => RunDirective.Stop,
    };

    /// <summary>Throws if the run's id is taken.</summary>
    /// <exception cref="InvalidOptionException">The id is taken.</exception>
    public void RequireNew()
    {
        if (Exists)
        {
            throw new InvalidOptionException($"run {runId}: already exists ({SiloText.Of(record.State)}) and is not overwritten; choose another id");
        }
    }

    /// <summary>Throws unless the run exists and has not ended.</summary>
    /// <exception cref="InvalidOptionException">There is no such run, or it has ended.</exception>
    public void RequireActive()
    {
        RequireExisting();
        if (IsOver)
        {
            throw new InvalidOptionException($"run {runId}: has ended ({SiloText.Of(record.State)}{(record.Failure is null ? "" : ": " + record.Failure)})");
        }
    }

    /// <summary>Throws unless the run exists and has ended.</summary>
    /// <exception cref="InvalidOptionException">There is no such run, or it has not ended.</exception>
    public void RequireOver()
    {
        RequireExisting();
        if (!IsOver)
        {
            throw new InvalidOptionException($"run {runId}: is {SiloText.Of(record.State)}; end it first (krewe stop {runId})");
        }
    }

    /// <summary>Creates the run.</summary>
    /// <param name="specification">The run's specification.</param>
    public void Create(RunSpecification specification) => (record.Specification, record.State) = (specification, RunState.Created);

    /// <summary>Undoes <see cref="Create"/>, because the record could not be persisted.</summary>
    public void Withdraw() => record.Specification = null;

    /// <summary>Called when every role is filled.</summary>
    public void Started()
    {
        if (record.State == RunState.Created)
        {
            record.State = RunState.Running;
        }
    }

    /// <summary>Pauses, resumes or stops the run.</summary>
    /// <param name="state"><see cref="RunState.Paused"/>, <see cref="RunState.Running"/> or <see cref="RunState.Stopping"/>.</param>
    /// <exception cref="InvalidOptionException">There is no such run, or it has ended or is ending.</exception>
    public void Command(RunState state)
    {
        RequireActive();
        if (record.State == RunState.Stopping)
        {
            throw new InvalidOptionException($"run {runId}: is being stopped");
        }

        record.State = state;
    }

    /// <summary>Ends the run after its learner has ended: stopped if it was interrupted, else completed.</summary>
    /// <param name="outcome">The run's outcome.</param>
    /// <returns>Whether this call ended the run; the end of a run never changes.</returns>
    public bool End(RunOutcome outcome) => End(outcome.Interrupted ? RunState.Stopped : RunState.Completed, failure: null, outcome);

    /// <summary>Ends a run that is being stopped before any learner has started.</summary>
    /// <param name="learnerFailsToStart">Whether the last attempt to start a learner failed.</param>
    /// <returns>Whether this call ended the run.</returns>
    public bool EndUnstarted(bool learnerFailsToStart) =>
        record.State == RunState.Stopping && (record.Epoch == 0 || (learnerFailsToStart && record.Figures is null))
        && End(RunState.Stopped, failure: null, outcome: null);

    /// <summary>Ends the run as failed.</summary>
    /// <param name="failure">The reason.</param>
    /// <returns>Whether this call ended the run.</returns>
    public bool Fail(string failure) => End(RunState.Failed, failure, outcome: null);

    private bool End(RunState state, string? failure, RunOutcome? outcome)
    {
        if (!IsActive)
        {
            return false;
        }

        (record.State, record.Failure, record.Outcome) = (state, failure, outcome);
        return true;
    }

    private void RequireExisting()
    {
        if (!Exists)
        {
            throw new InvalidOptionException($"run {runId}: there is no such run");
        }
    }
}
