using Krewe.Contracts;
using Krewe.Contracts.Grains;
using Krewe.Environments;
using Krewe.Runtime;
using Microsoft.Extensions.Logging;
using Orleans.Storage;

namespace Krewe.Cluster;

/// <summary>
/// A run's grain: owns the run's state, supervises its learner and actors four times a second, and serves requests. State that must survive
/// the loss of its silo is persisted immediately (specification, learner's epoch, commands, end) or once a second (counts). A reminder or
/// the next report reactivates the grain.
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
    private RunLifecycle _life = null!;
    private TrainingOptions? _options;
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

    private IRunIndexGrain Index => GrainFactory.GetGrain<IRunIndexGrain>(0);

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _life = new RunLifecycle(RunId, State);
        if (State.Specification is { } specification)
        {
            // Only the options are needed: the run's grain may be on a silo that does not know the environment.
            Prepare(RunPlans.Options(specification));
            if (!_life.IsOver)
            {
                await Supervise();
            }
        }
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        if (_life.IsActive && reason.ReasonCode == DeactivationReasonCode.ShuttingDown)
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
        _life.RequireNew();
        RunIds.Check("run id", RunId);
        RunPlan plan = RunPlans.Make(specification, registry);
        ClusterCheck.Run(specification, plan, directory);
        (State.Steps, State.Episodes) = specification.ResumeFrom is null ? new ResumePoint(0, 0) : await FindCheckpoint(specification, plan);
        _life.Create(specification with
        {
            RunId = RunId,
            SegmentHash = plan.Segments.Hash,
            ResumedSteps = State.Steps,
            EnvironmentJson = EnvironmentJson.Write(plan.Environment),
        });
        try
        {
            await Index.Add(RunId);
            await this.RegisterOrUpdateReminder(Reminder, ReminderPeriod, ReminderPeriod);
            await store.WriteStateAsync();
        }
        catch (Exception e)
        {
            // The reminder finds no run and unregisters itself; the index lists only runs that exist.
            _life.Withdraw();
            throw new KreweException($"run {RunId}: not started, because the cluster could not persist it: {SiloText.Of(e)}", e);
        }

        string start = specification.ResumeFrom is { } from ? $", resumed from {from} at step {State.Steps}" : "";
        LogCreated(RunId, plan.Environment.Id, plan.Options.Run.Steps, start);
        Prepare(plan.Options);
        await Supervise();
    }

    public async Task Delete()
    {
        _life.RequireOver();
        await _writing.WaitAsync();
        try
        {
            await store.ClearStateAsync();
        }
        finally
        {
            _writing.Release();
        }

        _life = new RunLifecycle(RunId, State);
        await Index.Remove(RunId);
        DeactivateOnIdle();
    }

    public Task ReceiveReminder(string reminderName, TickStatus status) => _life.IsActive ? Task.CompletedTask : RemoveReminder();

    public Task<RunSpecification?> GetSpecification() => Task.FromResult(State.Specification);

    public Task<RunStatus?> GetStatus(int evaluationsAfter) => Task.FromResult(_life.Exists ? _view?.Status(RunId, evaluationsAfter) : null);

    public Task Pause() => Command(RunState.Paused);

    public Task Resume() => Command(RunState.Running);

    public Task Stop() => Command(RunState.Stopping);

    public async Task<string> Checkpoint()
    {
        _life.RequireActive();
        return await Learner.Checkpoint();
    }

    public async Task<LearnerTerms> BeginLearner(string learner)
    {
        _life.RequireActive();

        // Persisted before the learner may publish, so that no other gets the same epoch. An epoch that could not be persisted is not reused.
        long epoch = ++State.Epoch;
        await Write();
        LogLearner(RunId, epoch, learner);

        // Steps that a shard stored but could not acknowledge to a lost actor were counted by the previous learner only.
        return new LearnerTerms(epoch, Math.Max(_budget!.Done, State.Figures?.EnvironmentSteps ?? 0), _fleet!.Episodes, _life.Directive);
    }

    public Task<bool> IsCurrent(long epoch) => Task.FromResult(epoch == State.Epoch);

    public async Task<RunDirective> ReportLearner(LearnerReport report)
    {
        if (!_life.Exists)
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
        if (report.Failure is { } failure ? _life.Fail(failure) : report.Outcome is { } outcome && _life.End(outcome))
        {
            await Ended();
        }

        return _life.Directive;
    }

    public async Task<RunDirective> ReportActors(ActorSiloReport report)
    {
        if (!_life.Exists)
        {
            return RunDirective.Stop;
        }

        _fleet!.Report(report);
        CompleteAppendsIfSpent();
        string silo = directory.With(SiloRoles.Actor).Count > 1 ? $" (silo {report.Silo})" : "";
        if (report.Failure is { } failure && _life.Fail($"{failure}{silo}"))
        {
            await Ended();
        }

        return _life.Directive;
    }

    public Task<StepLease> LeaseSteps(string silo, long wanted, long minimum)
    {
        if (!_life.GivesSteps)
        {
            long done = _budget?.Done ?? 0;
            return Task.FromResult(new StepLease(done, done, Exhausted: !_life.IsActive));
        }

        return Task.FromResult(_budget!.Lease(silo, wanted, minimum, directory.With(SiloRoles.Actor).Count));
    }

    private async Task<ResumePoint> FindCheckpoint(RunSpecification specification, RunPlan plan)
    {
        if (directory.With(SiloRoles.Learner).Count == 0)
        {
            throw new InvalidOptionException($"--resume {specification.ResumeFrom}: the checkpoint is read by a silo with the role learner, and no such silo is active");
        }

        ResumePoint start = await Learner.FindCheckpoint(specification);
        return start.EnvironmentSteps < plan.Options.Run.Steps
            ? start
            : throw new InvalidOptionException(
                $"--resume {specification.ResumeFrom}: nothing is left to do: the checkpoint has {start.EnvironmentSteps} environment steps and run.steps is {plan.Options.Run.Steps}; raise it with --steps");
    }

    private void Prepare(TrainingOptions options)
    {
        _options = options;
        _budget = new StepBudget(options.Run.Steps);
        _budget.Restore(State.Steps, State.StepsSaid);
        _fleet = new ActorFleet(_budget);
        _fleet.Restore(State.Episodes, State.EpisodesSaid);
        _supervisor = new ActorSupervisor(RunId, GrainFactory, directory, _fleet, logger);
        _view = new RunView(store, options, _budget, _fleet, _supervisor, _learner, directory);
    }

    private async Task Supervise()
    {
        _figures = _view!.Figures();
        _metrics = new RunMetrics(() => Wire.Progress(_figures!));
        _timer = this.RegisterGrainTimer(Tick, new GrainTimerCreationOptions(Period, Period) { Interleave = true, KeepAlive = true });
        await Tick();
    }

    /// <summary>Supervises learner and actors without waiting.</summary>
    private Task Tick()
    {
        if (!_life.IsActive)
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

        if (!_options!.Run.Deterministic && State.State != RunState.Stopping)
        {
            SuperviseActors();
        }

        if (State.State == RunState.Created && _view.WaitsFor() is null)
        {
            _life.Started();
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
        _supervisor!.Supervise(perCore > 0 ? 0 : _options!.Actor.Count, perCore);
    }

    /// <summary>Repeated until the learner has ended: it may have been replaced in the meantime.</summary>
    private bool CompleteAppendsIfSpent()
    {
        if (!_budget!.IsSpent)
        {
            return false;
        }

        if (_life.IsActive)
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
            if (_life.Fail(e.Message))
            {
                await Ended();
            }
        }
        catch (Exception e)
        {
            _learner.Trouble = SiloText.Of(e);
            LogLearnerNotStarted(RunId, _learner.Trouble);
            if (_life.EndUnstarted(learnerFailsToStart: true))
            {
                await Ended();
            }
        }
    }

    private async Task Command(RunState state)
    {
        _life.Command(state);
        string name = SiloText.Of(state);
        LogCommand(RunId, name);
        foreach (ActiveSilo silo in directory.With(SiloRoles.Actor))
        {
            silos.On(silo.Address).Direct(RunId, _life.Directive).Ignore();
        }

        if (_life.EndUnstarted(_learner.Trouble is not null))
        {
            await Ended();
            return;
        }

        Learner.Direct(_life.Directive).Ignore();
        await Write();
    }

    /// <summary>Called when the run has just ended: notifies its grains and persists the end.</summary>
    private async Task Ended()
    {
        _figures = _view!.Figures();
        _timer?.Dispose();
        string state = SiloText.Of(State.State);
        string failure = State.Failure is null ? "" : ": " + State.Failure;
        LogEnded(RunId, state, _figures.EnvironmentSteps, _figures.Updates, failure);
        foreach (ActiveSilo silo in directory.With(SiloRoles.Actor))
        {
            silos.On(silo.Address).Direct(RunId, RunDirective.Stop).Ignore();
        }

        Learner.Direct(RunDirective.Stop).Ignore();
        for (int i = 0; i < _options!.Replay.Shards; i++)
        {
            GrainFactory.GetGrain<IReplayShardGrain>(i, RunId).Close().Ignore();
        }

        for (int i = 0; _options.Run.Deterministic && i < _options.Actor.Count; i++)
        {
            // The other grains deactivate when their work ends.
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
            // It fires again and is then unregistered.
            LogNotKept(RunId, SiloText.Of(e));
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
            // Another activation has written the state: this one is outdated.
            LogNotKept(RunId, SiloText.Of(e));
            DeactivateOnIdle();
        }
        catch (Exception e)
        {
            LogNotKept(RunId, SiloText.Of(e));
        }
    }

    private async Task Write()
    {
        await _writing.WaitAsync();
        try
        {
            State.Steps = _budget!.Done;
            State.StepsSaid = _budget.Reported;
            State.Episodes = _fleet!.Episodes;
            State.EpisodesSaid = _fleet.EpisodesReported;
            await store.WriteStateAsync();
        }
        finally
        {
            _writing.Release();
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "run {RunId}: created: {Environment}, {Steps} environment steps{Start}")]
    private partial void LogCreated(string runId, string environment, long steps, string start);

    [LoggerMessage(Level = LogLevel.Information, Message = "run {RunId}: {State} on request")]
    private partial void LogCommand(string runId, string state);

    [LoggerMessage(Level = LogLevel.Information, Message = "run {RunId}: learner {Epoch} starts on {Silo}")]
    private partial void LogLearner(string runId, long epoch, string silo);

    [LoggerMessage(Level = LogLevel.Warning, Message = "run {RunId}: its learner could not be started; retrying: {Reason}")]
    private partial void LogLearnerNotStarted(string runId, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "run {RunId}: {State} after {Steps} environment steps and {Updates} updates{Failure}")]
    private partial void LogEnded(string runId, string state, long steps, long updates, string failure);

    [LoggerMessage(Level = LogLevel.Warning, Message = "run {RunId}: its state could not be persisted; retrying: {Reason}")]
    private partial void LogNotKept(string runId, string reason);
}
