using System.Text.RegularExpressions;
using Krewe.Contracts;
using Krewe.Contracts.Grains;
using Krewe.Environments;
using Krewe.Runtime;
using Microsoft.Extensions.Logging;
using Orleans.Storage;

namespace Krewe.Cluster;

/// <summary>
/// A run's grain: keeps the run's state, looks after its learner and actors four times a second, and answers. What must survive the loss
/// of its silo is written at once (specification, learner's epoch, commands, end) or once a second (counts); a reminder, and whoever
/// reports to it, brings it back.
/// </summary>
[KeepAlive, GrainType("krewe.run")]
internal sealed partial class TrainingRunGrain(
    [PersistentState("run", SiloSetup.Storage)] IPersistentState<RunRecordState> store,
    SiloDirectory directory,
    ActorSiloClient silos,
    EnvironmentRegistry registry,
    ILogger<TrainingRunGrain> logger) : Grain, ITrainingRunGrain, IRemindable, IDisposable
{
    private const string Reminder = "supervise";
    private static readonly TimeSpan ReminderPeriod = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan KeepPeriod = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan StartPause = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim _writing = new(1);
    private readonly LearnerWatch _learner = new();
    private RunPlan? _plan;
    private StepBudget? _budget;
    private ActorFleet? _fleet;
    private ActorSupervisor? _supervisor;
    private RunView? _view;
    private RunMetrics? _metrics;
    private IGrainTimer? _timer;
    private Task _startingLearner = Task.CompletedTask;
    private Task _keeping = Task.CompletedTask;
    private DateTime _kept;
    private DateTime _startLearnerAt;
    private volatile RunFigures? _figures;

    private RunRecordState State => store.State;

    private string RunId => this.GetPrimaryKeyString();

    private ILearnerGrain Learner => GrainFactory.GetGrain<ILearnerGrain>(RunId);

    private bool IsOver => State.State is RunState.Completed or RunState.Failed;

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        if (State.Specification is { } specification)
        {
            Prepare(RunPlans.Make(specification, registry));
            if (!IsOver)
            {
                await Supervise();
            }
        }
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        if (State.Specification is not null && !IsOver && reason.ReasonCode == DeactivationReasonCode.ShuttingDown)
        {
            await Keep();
        }
    }

    public void Dispose()
    {
        _metrics?.Dispose();
        _writing.Dispose();
    }

    public async Task Create(RunSpecification specification)
    {
        if (State.Specification is not null)
        {
            throw new InvalidOptionException(
                $"run {RunId}: exists already ({SiloText.Of(State.State)}) and is not overwritten; choose another id");
        }

        if (!ValidId().IsMatch(RunId) || specification.RunId != RunId)
        {
            throw new InvalidOptionException($"run id '{RunId}': expected 1 to 100 letters, digits, '.', '-' or '_', beginning with a letter or digit");
        }

        RunPlan plan = RunPlans.Make(specification, registry);
        ClusterCheck.Run(specification, plan, directory);
        State.Specification = specification with { SegmentHash = plan.Segments.Hash };
        State.State = RunState.Created;
        try
        {
            await store.WriteStateAsync();
        }
        catch
        {
            State.Specification = null;
            throw;
        }

        Prepare(plan);
        await this.RegisterOrUpdateReminder(Reminder, ReminderPeriod, ReminderPeriod);
        await Supervise();
    }

    public Task ReceiveReminder(string reminderName, TickStatus status) => IsOver ? RemoveReminder() : Task.CompletedTask;

    public Task<RunSpecification?> GetSpecification() => Task.FromResult(State.Specification);

    public Task<RunStatus?> GetStatus(int evaluationsAfter) => Task.FromResult(State.Specification is null ? null : _view!.Status(RunId, evaluationsAfter));

    public Task Pause() => Command(RunState.Paused);

    public Task Resume() => Command(RunState.Running);

    public Task Stop() => Command(RunState.Stopping);

    public async Task<string> Checkpoint()
    {
        CheckRuns();
        return await Learner.Checkpoint();
    }

    public async Task<LearnerTerms> BeginLearner(string learner)
    {
        CheckRuns();

        // Written before the learner may publish: no other will ever get the same epoch. One that could not be written is not used again.
        long epoch = ++State.Epoch;
        await Write();
        LogLearner(RunId, epoch, learner);

        // What a shard stored and could not acknowledge to an actor that was lost only the learner before has counted.
        return new LearnerTerms(epoch, Math.Max(_budget!.Done, State.Figures?.EnvironmentSteps ?? 0), _fleet!.Episodes, Directive);
    }

    public Task<bool> IsCurrent(long epoch) => Task.FromResult(epoch == State.Epoch);

    public async Task<RunDirective> ReportLearner(LearnerReport report)
    {
        if (State.Specification is null)
        {
            return RunDirective.Stop;
        }

        if (report.Epoch < State.Epoch)
        {
            return RunDirective.Superseded;
        }

        _learner.Report(report);
        State.Figures = report.Figures;
        State.AddEvaluations(report.Evaluations);
        if (!IsOver && report.Failure is { } failure)
        {
            await End(RunState.Failed, failure, null);
        }
        else if (!IsOver && report.Outcome is { } outcome)
        {
            await End(RunState.Completed, null, outcome);
        }

        return Directive;
    }

    public async Task<RunDirective> ReportActors(ActorSiloReport report)
    {
        if (State.Specification is null)
        {
            return RunDirective.Stop;
        }

        _fleet!.Report(report);
        CompleteAppendsIfSpent();
        if (report.Failure is { } failure && !IsOver)
        {
            await End(RunState.Failed, $"{failure} (silo {report.Silo})", null);
        }

        return Directive;
    }

    public Task<StepLease> LeaseSteps(string silo, long wanted, long minimum)
    {
        if (State.Specification is null || State.State is not (RunState.Created or RunState.Running))
        {
            long done = _budget?.Done ?? 0;
            return Task.FromResult(new StepLease(done, done, Exhausted: State.Specification is null || IsOver));
        }

        return Task.FromResult(_budget!.Lease(silo, wanted, minimum, directory.With(SiloRoles.Actor).Count));
    }

    private RunDirective Directive => State.State switch
    {
        RunState.Created or RunState.Running => RunDirective.Work,
        RunState.Paused => RunDirective.Pause,
        _ => RunDirective.Stop,
    };

    private void Prepare(RunPlan plan)
    {
        _plan = plan;
        _budget = new StepBudget(plan.Options.Run.Steps);
        _budget.Restore(State.Steps, State.StepsSaid);
        _fleet = new ActorFleet(_budget);
        _fleet.Restore(State.Episodes, State.EpisodesSaid);
        _supervisor = new ActorSupervisor(RunId, GrainFactory, directory, _fleet, logger);
        _view = new RunView(store, plan, _budget, _fleet, _supervisor, _learner, directory);
    }

    private async Task Supervise()
    {
        _figures = _view!.Figures();
        _metrics = new RunMetrics(() => Wire.Progress(_figures!));
        _timer = this.RegisterGrainTimer(Tick, new GrainTimerCreationOptions(Period, Period) { Interleave = true, KeepAlive = true });
        await Tick();
    }

    /// <summary>Looks after everything; waits for nobody.</summary>
    private Task Tick()
    {
        if (IsOver)
        {
            return Task.CompletedTask;
        }

        _fleet!.DropLost(directory);
        _figures = _view!.Figures();
        if (!_learner.IsThere && DateTime.UtcNow > _startLearnerAt && _startingLearner.IsCompleted)
        {
            _startLearnerAt = DateTime.UtcNow + StartPause;
            _startingLearner = StartLearner();
        }

        if (!_plan!.Options.Run.Deterministic && State.State != RunState.Stopping)
        {
            SuperviseActors();
        }

        if (State.State == RunState.Created && _view.WaitsFor() is null)
        {
            State.State = RunState.Running;
        }

        if (DateTime.UtcNow - _kept > KeepPeriod && _keeping.IsCompleted)
        {
            _kept = DateTime.UtcNow;
            _keeping = Keep();
        }

        return Task.CompletedTask;
    }

    private void SuperviseActors()
    {
        if (CompleteAppendsIfSpent())
        {
            return;
        }

        double perCore = State.Specification!.ActorsPerCore;
        _supervisor!.Supervise(perCore > 0 ? 0 : _plan!.Options.Actor.Count, perCore);
    }

    /// <summary>Said again until the learner has ended: it may be another by then.</summary>
    private bool CompleteAppendsIfSpent()
    {
        if (!_budget!.IsSpent)
        {
            return false;
        }

        if (!IsOver)
        {
            Learner.CompleteAppends().Ignore();
        }

        return true;
    }

    private async Task StartLearner()
    {
        if (directory.With(SiloRoles.Learner).Count == 0)
        {
            return;
        }

        try
        {
            await Learner.Start();
            _learner.Trouble = null;
        }
        catch (KreweException e)
        {
            await End(RunState.Failed, e.Message, null);
        }
        catch (Exception e)
        {
            _learner.Trouble = e.Message;
            LogLearnerNotStarted(RunId, e.Message);
        }
    }

    private async Task Command(RunState state)
    {
        CheckRuns();
        if (State.State == RunState.Stopping)
        {
            throw new InvalidOptionException($"run {RunId}: is being stopped");
        }

        State.State = state;
        foreach (ActiveSilo silo in directory.With(SiloRoles.Actor))
        {
            silos.On(silo.Address).Direct(RunId, Directive).Ignore();
        }

        Learner.Direct(Directive).Ignore();
        await Write();
    }

    private async Task End(RunState state, string? failure, RunOutcome? outcome)
    {
        (State.State, State.Failure, State.Outcome) = (state, failure, outcome);
        _figures = _view!.Figures();
        _timer?.Dispose();
        LogEnded(RunId, state, failure);
        foreach (ActiveSilo silo in directory.With(SiloRoles.Actor))
        {
            silos.On(silo.Address).Direct(RunId, RunDirective.Stop).Ignore();
        }

        Learner.Direct(RunDirective.Stop).Ignore();
        for (int i = 0; i < _plan!.Options.Replay.Shards; i++)
        {
            GrainFactory.GetGrain<IReplayShardGrain>(i, RunId).Close().Ignore();
        }

        for (int i = 0; _plan.Options.Run.Deterministic && i < _plan.Options.Actor.Count; i++)
        {
            // Others go when their work ends.
            GrainFactory.GetGrain<IActorGrain>(i, RunId).Release().Ignore();
        }

        await Keep();
        await RemoveReminder();
    }

    private async Task RemoveReminder()
    {
        try
        {
            if (await this.GetReminder(Reminder) is { } reminder)
            {
                await this.UnregisterReminder(reminder);
            }
        }
        catch (Exception e)
        {
            // It comes again and is then removed.
            LogNotKept(RunId, e.Message);
        }
    }

    private void CheckRuns()
    {
        if (State.Specification is null)
        {
            throw new InvalidOptionException($"run {RunId}: there is no such run");
        }

        if (IsOver)
        {
            throw new InvalidOptionException($"run {RunId}: is over ({SiloText.Of(State.State)}{(State.Failure is null ? "" : ": " + State.Failure)})");
        }
    }

    private async Task Keep()
    {
        try
        {
            await Write();
        }
        catch (InconsistentStateException e)
        {
            // Another activation has written: this one is the older.
            LogNotKept(RunId, e.Message);
            DeactivateOnIdle();
        }
        catch (Exception e)
        {
            LogNotKept(RunId, e.Message);
        }
    }

    private async Task Write()
    {
        await _writing.WaitAsync();
        try
        {
            State.Steps = _budget!.Done;
            State.StepsSaid = _budget.Said;
            State.Episodes = _fleet!.Episodes;
            State.EpisodesSaid = _fleet.EpisodesSaid;
            await store.WriteStateAsync();
        }
        finally
        {
            _writing.Release();
        }
    }

    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")]
    private static partial Regex ValidId();

    [LoggerMessage(Level = LogLevel.Information, Message = "run {RunId}: learner {Epoch} begins on {Silo}")]
    private partial void LogLearner(string runId, long epoch, string silo);

    [LoggerMessage(Level = LogLevel.Warning, Message = "run {RunId}: its learner could not be started, tried again: {Reason}")]
    private partial void LogLearnerNotStarted(string runId, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "run {RunId}: ended: {State} {Failure}")]
    private partial void LogEnded(string runId, RunState state, string? failure);

    [LoggerMessage(Level = LogLevel.Warning, Message = "run {RunId}: its state could not be written, tried again: {Reason}")]
    private partial void LogNotKept(string runId, string reason);
}
