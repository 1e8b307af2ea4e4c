using Krewe.Contracts;
using Krewe.Contracts.Grains;
using Krewe.Environments;
using Krewe.Learner;
using Krewe.Replay;
using Krewe.Runtime;
using Microsoft.Extensions.Logging;

namespace Krewe.Cluster;

/// <summary>
/// The learner of a run in one activation: its thread, its replay, its checkpoints. It starts from the run's last checkpoint if there is
/// one, and ends with the run, when it is suspended, or when a later learner has started. Thread-safe.
/// </summary>
internal sealed class LearnerSession : IAsyncDisposable
{
    private readonly RunPlan _plan;
    private readonly RunStop _stop = new();
    private readonly CancellationTokenSource _interrupt = new();
    private readonly LearnerParts _learner;
    private readonly RunCounters _counters;
    private readonly IExperience _experience;
    private readonly Func<int> _shardsRunning;
    private readonly Func<Task> _completeAppends;
    private readonly LockStepActors? _lockStep;
    private readonly ManualResetEventSlim _working = new(initialState: true);
    private readonly CheckpointRequests _checkpoints;
    private readonly LearnerFence _fence;
    private readonly RunFolder _folder;
    private readonly string _runId;
    private readonly ILogger _logger;
    private readonly Thread _thread;
    private readonly TaskCompletionSource _threadEnded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly bool _beginsElsewhere;
    private volatile RunFigures? _runFigures;
    private volatile bool _suspended;
    private volatile RunOutcome? _outcome;
    private volatile string? _failure;

    /// <summary>Prepares a learner; nothing starts before <see cref="Start"/>.</summary>
    /// <exception cref="KreweException">The run's checkpoint is damaged or belongs to another network, or there is not enough memory.</exception>
    public LearnerSession(
        RunSpecification specification,
        RunPlan plan,
        LearnerTerms terms,
        SiloSettings settings,
        EnvironmentRegistry registry,
        IReadOnlyList<IReplayShardGrain> shards,
        SiloDirectory directory,
        ActorSiloClient silos,
        IGrainFactory grains,
        ILoggerFactory loggers)
    {
        ILogger logger = loggers.CreateLogger<LearnerSession>();
        _plan = plan;
        Epoch = terms.Epoch;
        string runId = specification.RunId;
        (_runId, _logger) = (runId, logger);
        RunFolder folder = RunFolder.Continue(Path.Combine(settings.DataFolder, runId));
        _folder = folder;
        bool begun = false;
        try
        {
            // A later learner is fenced by its epoch: it must not wait for an earlier one that is still alive.
            if (settings.LocksFolders && !folder.TryLock() && terms.Epoch == 1)
            {
                throw new InvalidOptionException($"run {runId}: its folder {folder.Path} is in use by {folder.Holder}; choose another id");
            }

            (Checkpoint? resume, _beginsElsewhere) = Begin(specification, folder, terms.Epoch, settings.DataFolder, message => LearnerLog.CheckpointRefused(logger, message));
            plan.CheckMemory(replaySlots: 0, plan.LearnerNetworkCopies);

            // Before anything that runs on its own: without its device nothing else may have been started.
            Resuming.Check(plan, resume, folder.Last);
            LearnerNetworks.Check(plan.Options.Learner);
            folder.WriteOptions(plan.Options);
            begun = true;
            _counters = new RunCounters
            {
                // Steps and episodes belong to the run and never go back; updates belong to the network.
                Budget = plan.Options.Run.Steps,
                EnvironmentSteps = Math.Max(terms.EnvironmentSteps, resume?.EnvironmentSteps ?? 0),
                Updates = resume?.Updates ?? 0,
                Episodes = terms.Episodes,
            };
            _fence = new LearnerFence(grains.GetGrain<ITrainingRunGrain>(runId), terms.Epoch, End);
            Policies = new PolicyBroadcaster(runId, plan.Policy.ParameterCount, directory, silos, logger) { Superseded = _fence.Supersede };
            IPolicySink sink = Policies;
            if (plan.Options.Run.Deterministic)
            {
                // The learner's thread drives the actors: their rollouts pass through this process.
                IExperienceStore front = plan.Feed == FeedKind.Rollouts
                    ? new RolloutQueue(plan.Segments, plan.RolloutSlots)
                    : LockStepReplay.Create(plan, shards, _stop.Token);
                _lockStep = new LockStepActors(runId, plan, grains, front, _counters, Policies, resume, _stop.Token);
                sink = _lockStep.Policies;
                _experience = front;
                _shardsRunning = () => shards.Count;
                _completeAppends = () => Task.CompletedTask;
            }
            else if (plan.Feed == FeedKind.Rollouts)
            {
                var rollouts = new GrainRollouts(
                    shards[0], terms.Epoch, _counters, isFirstLearner: _counters.EnvironmentSteps <= specification.ResumedSteps, logger);
                _experience = rollouts;
                _shardsRunning = () => rollouts.IsReachable ? 1 : 0;
                _completeAppends = rollouts.CompleteAppends;
            }
            else
            {
                var prefetching = new PrefetchingReplay(plan, shards, _counters, logger, stepsAtStart: specification.ResumedSteps);
                _experience = prefetching;
                _shardsRunning = () => prefetching.ShardsRunning;
                _completeAppends = prefetching.CompleteAppends;
            }

            _learner = new LearnerParts(
                plan,
                registry,
                LearnerNetworks.For(plan.Options.Learner, note => LearnerLog.Device(logger, note)),
                _experience,
                sink,
                _counters,
                PolicyVersions.Before(terms.Epoch),
                resume,
                folder,
                _stop,
                Progress,
                () => _lockStep?.RandomStates ?? [],
                message => LearnerLog.Unwritten(logger, message));
        }
        catch (Exception e)
        {
            if (begun)
            {
                folder.WriteFailure(SiloText.Failure(e));
            }

            // Release the folder and stop what is running. Disposing the evaluations calls user-defined environments, which may throw.
            Policies?.DisposeAsync().AsTask().Ignore();
            (_experience as IAsyncDisposable)?.DisposeAsync().AsTask().Ignore();
            folder.Dispose();
            throw;
        }

        RunRecord record = _learner.Record;
        record.Evaluated = report => Evaluations.Add(Wire.Point(report));

        // Every evaluation can find a new best network.
        record.Saved = path =>
        {
            LearnerLog.CheckpointWritten(logger, path == folder.Last ? LogLevel.Information : LogLevel.Debug, runId, path);
            if (settings.LocksFolders)
            {
                // The lock is free once the earlier learner's process has ended.
                folder.TryLock();
            }
        };
        record.MayWrite = _fence.MayWrite;
        _checkpoints = new CheckpointRequests(() =>
        {
            record.WriteLast(isComplete: false);
            return _fence.IsSuperseded
                ? throw new KreweException($"run {runId}: another silo has taken over its learner; try again")
                : folder.Last;
        });
        _thread = new Thread(Work) { Name = "krewe-learner", IsBackground = true };
        Direct(terms.Directive);
    }

    /// <summary>The learner's epoch.</summary>
    public long Epoch { get; }

    /// <summary>Broadcasts the policies that it publishes.</summary>
    public PolicyBroadcaster Policies { get; }

    /// <summary>Points of the learning curve for the run.</summary>
    public EvaluationOutbox Evaluations { get; } = new();

    /// <summary>The run's outcome; null until it has ended.</summary>
    public RunOutcome? Outcome => _outcome;

    /// <summary>Why the learner failed; null if it did not.</summary>
    public string? Failure => _failure;

    /// <summary>Whether its thread has ended.</summary>
    public bool IsOver => _threadEnded.Task.IsCompleted;

    /// <summary>Completes when its thread has ended.</summary>
    public Task Ended => _threadEnded.Task;

    /// <summary>Number of reachable shards.</summary>
    public int ShardsRunning => _shardsRunning();

    /// <summary>The run's latest figures, including what only its actors know; null before the first.</summary>
    public RunFigures? RunFigures
    {
        get => _runFigures;
        set
        {
            _runFigures = value;
            if (_lockStep is null && value is not null)
            {
                // For checkpoints: only the run's actors count episodes.
                _counters.AddEpisodes(Math.Max(0, value.Episodes - _counters.Episodes));
            }
        }
    }

    /// <summary>Starts the thread.</summary>
    public void Start() => _thread.Start();

    /// <summary>Applies a directive.</summary>
    public void Direct(RunDirective directive)
    {
        switch (directive)
        {
            case RunDirective.Work:
                _learner.Clock.Set(isTraining: true);
                _working.Set();
                break;
            case RunDirective.Pause:
                _learner.Clock.Set(isTraining: false);
                _working.Reset();
                break;
            case RunDirective.Stop:
                _interrupt.Cancel();
                End();
                break;
            case RunDirective.Superseded:
                _fence.Supersede();
                break;
        }
    }

    /// <summary>Called when the actors are done.</summary>
    public Task CompleteAppends() => _completeAppends();

    /// <summary>Ends the thread with a checkpoint, from which another activation continues.</summary>
    public async Task Suspend()
    {
        _suspended = true;
        await _interrupt.CancelAsync();
        End();
        await _threadEnded.Task;
    }

    /// <summary>Writes a checkpoint between two updates.</summary>
    /// <returns>Its folder.</returns>
    public Task<string> Checkpoint() => _checkpoints.Ask();

    /// <summary>Records in the run's folder that the run failed.</summary>
    /// <param name="failure">Why.</param>
    public void WriteFailure(string failure) => _learner.Record.WriteFailure(failure);

    /// <summary>The learner's current state.</summary>
    public RunFigures Figures() => new()
    {
        Seconds = _learner.Clock.Seconds,
        EnvironmentSteps = _counters.EnvironmentSteps,
        StepBudget = _plan.Options.Run.Steps,
        Updates = _counters.Updates,
        Episodes = _counters.Episodes,
        LastUpdate = _learner.Loop.LastResult,
        PolicyVersion = _learner.Loop.PolicyVersion,
        Replay = _experience.GetStatistics(),
        LastEvaluation = _learner.Record.LastEvaluation is { } last ? Wire.Point(last) : null,
        BestMean = _learner.Record.Evaluations.Best,
        MeanReturn = _lockStep?.MeanReturn,
        Epsilon = _lockStep?.Epsilon ?? 0,
    };

    /// <summary>The run's progress, with the latest figures of its actors: for the metrics that the learner writes.</summary>
    public TrainingProgress Progress()
    {
        TrainingProgress own = Wire.Progress(Figures());
        return _lockStep is not null || RunFigures is not { } run ? own : own with
        {
            Episodes = run.Episodes,
            MeanReturn = run.MeanReturn,
            Epsilon = run.Epsilon,
            PolicyLag = run.PolicyLag,
        };
    }

    public async ValueTask DisposeAsync()
    {
        End();
        await _threadEnded.Task;
        try
        {
            await Policies.DisposeAsync();
            if (_experience is IAsyncDisposable experience)
            {
                await experience.DisposeAsync();
            }

            // The user's environments and agent, which may throw.
            _learner.Dispose();
        }
        finally
        {
            _folder.Dispose();
        }

        _stop.Dispose();
        _interrupt.Dispose();
        _working.Dispose();
    }

    /// <summary>The run's own last checkpoint, else the one that it was resumed from, which is not in its folder yet.</summary>
    private static (Checkpoint? Checkpoint, bool IsElsewhere) Begin(
        RunSpecification specification, RunFolder folder, long epoch, string dataFolder, Action<string> warn)
    {
        if (ResumeSource.Read(folder.Last, warn) is var (own, _))
        {
            return epoch > 1 || specification.ResumeFrom == specification.RunId
                ? (own, false)
                : throw new InvalidOptionException(
                    $"run {specification.RunId}: {folder.Path} holds the checkpoint of an earlier run of this id; choose another id, with --resume {specification.RunId} to continue from it");
        }

        if (specification.ResumeFrom is not { } from)
        {
            return (null, false);
        }

        ResumeSource source = ResumeSource.Find(from, dataFolder, warn);
        if (source.Best is { } best)
        {
            CheckpointFolder.Write(folder.Best, best);
        }

        return (source.Checkpoint, true);
    }

    private void Work()
    {
        try
        {
            if (_beginsElsewhere)
            {
                // From now on the run needs nothing outside its own folder.
                _learner.Record.WriteLast(isComplete: false);
            }

            _stop.Guard(Learn);
            _learner.Clock.End();
            if (_fence.IsSuperseded)
            {
                return;
            }

            if (_suspended)
            {
                _learner.Suspend();
                return;
            }

            TrainingResult result = _learner.Complete(_interrupt.Token);
            if (_suspended && result.Interrupted)
            {
                // The next activation evaluates again.
                return;
            }

            _outcome = Wire.Outcome(result);
        }
        catch (Exception e)
        {
            // Any exception fails the run, which reports it to the user.
            _failure = SiloText.Failure(e);
            WriteFailure(_failure);
            LogLevel level = SiloText.LevelOf(e);
            LearnerLog.Failed(_logger, level, _runId, e);
        }
        finally
        {
            _checkpoints.Close();
            _threadEnded.TrySetResult();
        }
    }

    private void Learn()
    {
        _learner.Begin();
        if (_lockStep is not null)
        {
            _lockStep.BetweenRollouts = BetweenUpdates;
            _learner.RunInLockStep(_lockStep.Actors, ((IExperienceStore)_experience).CompleteAppends);
            return;
        }

        _learner.Learn(BetweenUpdates);
    }

    private void BetweenUpdates()
    {
        _checkpoints.Serve();
        while (!_working.IsSet && !_stop.IsRequested)
        {
            _working.Wait(TimeSpan.FromMilliseconds(50));
            _checkpoints.Serve();
        }
    }

    private void End()
    {
        try
        {
            _stop.Request();
            _working.Set();
        }
        catch (ObjectDisposedException)
        {
            // It has already ended.
        }
    }
}
