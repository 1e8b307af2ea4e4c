using System.Diagnostics;
using Krewe.Contracts;
using Krewe.Contracts.Grains;
using Krewe.Environments;
using Krewe.Learner;
using Krewe.Replay;
using Krewe.Runtime;
using Microsoft.Extensions.Logging;

namespace Krewe.Cluster;

/// <summary>
/// One life of a run's learner: its thread, its replay, its checkpoints. Made from the run's last checkpoint if there is one; ends with
/// the run, when it is suspended, or when a later learner has begun. Any thread may call.
/// </summary>
internal sealed class LearnerSession : IAsyncDisposable
{
    private static readonly TimeSpan AnswerPatience = TimeSpan.FromSeconds(2);

    private readonly RunPlan _plan;
    private readonly RunStop _stop = new();
    private readonly CancellationTokenSource _interrupt = new();
    private readonly RunRecord _record;
    private readonly RunEnd _end;
    private readonly LearnerLoop _learner;
    private readonly RunCounters _counters;
    private readonly IReplay _replay;
    private readonly Func<Task> _completeAppends;
    private readonly LockStepActors? _lockStep;
    private readonly Stopwatch _clock = new();
    private readonly double _secondsBefore;
    private readonly ManualResetEventSlim _working = new(initialState: true);
    private readonly List<EvaluationPoint> _untold = [];
    private readonly Lock _lock = new();
    private readonly Thread _thread;
    private readonly TaskCompletionSource _threadEnded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource<string>? _checkpoint;
    private volatile RunFigures? _runFigures;
    private volatile bool _superseded;
    private volatile bool _suspended;
    private volatile RunOutcome? _outcome;
    private volatile string? _failure;

    /// <summary>Prepares a learner; nothing starts before <see cref="Start"/>.</summary>
    /// <exception cref="KreweException">The run's checkpoint is damaged or of another network, or memory does not suffice.</exception>
    public LearnerSession(
        string runId,
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
        RunFolder folder = RunFolder.Continue(Path.Combine(settings.DataFolder, runId));
        Checkpoint? resume = ReadLast(folder, logger);
        Resuming.Check(plan, resume, folder.Last);
        plan.CheckMemory(replaySlots: 0, RunPlan.LearnerNetworkCopies);

        // First of all that works by itself: without its device nothing else must have been started.
        ITrainableQNetwork network = LearnerNetworks.Make(plan, note => LearnerLog.Device(logger, note));
        if (resume is not null)
        {
            network.WriteState(resume.Network);
        }

        folder.WriteOptions(plan.Options);
        _counters = new RunCounters
        {
            // Steps and episodes are the run's and never go back; updates are the network's.
            Budget = plan.Options.Run.Steps,
            EnvironmentSteps = Math.Max(terms.EnvironmentSteps, resume?.EnvironmentSteps ?? 0),
            Updates = resume?.Updates ?? 0,
            Episodes = terms.Episodes,
        };
        Policies = new PolicyBroadcaster(runId, plan.Network.ParameterCount, directory, silos, logger) { Superseded = Supersede };
        IPolicySink sink = Policies;
        if (plan.Options.Run.Deterministic)
        {
            ShardedReplay front = LockStepReplay.Create(plan, shards, _stop.Token);
            _lockStep = new LockStepActors(runId, plan, grains, front, _counters, Policies, _stop.Token);
            sink = _lockStep.Policies;
            _replay = front;
            _completeAppends = () => Task.CompletedTask;
        }
        else
        {
            var prefetching = new PrefetchingReplay(plan, shards, _counters, logger);
            _replay = prefetching;
            _completeAppends = prefetching.CompleteAppends;
        }

        _learner = new LearnerLoop(
            plan.Options.Learner, plan.Segments, network, _replay, sink, _counters, PolicyVersions.Before(terms.Epoch));
        _record = new RunRecord(
            plan,
            _learner,
            _counters,
            Resuming.Evaluations(plan, WithBest(resume, folder, logger)),
            Evaluators.Make(plan, registry, plan.Options.Evaluation.Episodes),
            folder,
            _stop,
            Progress,
            () => _lockStep?.RandomStates ?? [])
        {
            Evaluated = report => Add(report),
            Warned = message => LearnerLog.Warned(logger, message),
            MayWrite = () => !_superseded && IsCurrent(grains.GetGrain<ITrainingRunGrain>(runId)),
        };
        _secondsBefore = resume?.WallSeconds ?? 0;
        _end = new RunEnd(_record, registry, _stop, _secondsBefore);
        _thread = new Thread(Work) { Name = "krewe-learner", IsBackground = true };
        Direct(terms.Directive);
    }

    /// <summary>The learner's epoch.</summary>
    public long Epoch { get; }

    /// <summary>The policies that it publishes.</summary>
    public PolicyBroadcaster Policies { get; }

    /// <summary>What the run came to; null while it goes on.</summary>
    public RunOutcome? Outcome => _outcome;

    /// <summary>Why it failed; null if it did not.</summary>
    public string? Failure => _failure;

    /// <summary>Whether its thread has ended for good.</summary>
    public bool IsOver => _threadEnded.Task.IsCompleted;

    /// <summary>Completes when its thread has ended.</summary>
    public Task Ended => _threadEnded.Task;

    /// <summary>Shards that answer.</summary>
    public int ShardsRunning => (_replay as PrefetchingReplay)?.ShardsRunning ?? _plan.Options.Replay.Shards;

    private double Seconds => _secondsBefore + _clock.Elapsed.TotalSeconds;

    /// <summary>The run's figures as it said them last, with what only its actors know; null before it has.</summary>
    public RunFigures? RunFigures { get => _runFigures; set => _runFigures = value; }

    /// <summary>Starts the thread.</summary>
    public void Start()
    {
        _clock.Start();
        _thread.Start();
    }

    /// <summary>Says what to do.</summary>
    public void Direct(RunDirective directive)
    {
        switch (directive)
        {
            case RunDirective.Work:
                _clock.Start();
                _working.Set();
                break;
            case RunDirective.Pause:
                _clock.Stop();
                _working.Reset();
                break;
            case RunDirective.Stop:
                _interrupt.Cancel();
                End();
                break;
            case RunDirective.Superseded:
                Supersede();
                break;
        }
    }

    /// <summary>Actors are done.</summary>
    public Task CompleteAppends() => _completeAppends();

    /// <summary>Ends the thread with a checkpoint, so that another activation goes on from here.</summary>
    public async Task Suspend()
    {
        _suspended = true;
        End();
        await _threadEnded.Task;
    }

    /// <summary>Writes a checkpoint between two updates.</summary>
    public async Task<string> Checkpoint()
    {
        TaskCompletionSource<string> request;
        lock (_lock)
        {
            request = _checkpoint ??= new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        if (IsOver)
        {
            throw new InvalidOptionException($"the run is over: its last checkpoint is {_record.Folder!.Last}");
        }

        return await request.Task;
    }

    /// <summary>Points of the learning curve that the run has not been told, oldest first.</summary>
    public IReadOnlyList<EvaluationPoint> UntoldEvaluations()
    {
        lock (_lock)
        {
            return [.. _untold];
        }
    }

    /// <summary>The run knows a point of <see cref="UntoldEvaluations"/>, and those before it.</summary>
    public void Told(EvaluationPoint last)
    {
        lock (_lock)
        {
            _untold.RemoveRange(0, _untold.IndexOf(last) + 1);
        }
    }

    /// <summary>Where the learner stands.</summary>
    public RunFigures Figures() => new()
    {
        Seconds = Seconds,
        EnvironmentSteps = _counters.EnvironmentSteps,
        StepBudget = _plan.Options.Run.Steps,
        Updates = _counters.Updates,
        Episodes = _counters.Episodes,
        LastUpdate = _learner.LastResult,
        PolicyVersion = _learner.PolicyVersion,
        Replay = _replay.GetStatistics(),
        LastEvaluation = _record.LastEvaluation is { } last ? Wire.Point(last) : null,
        BestMean = _record.Evaluations.Best,
        MeanReturn = _lockStep?.MeanReturn,
        Epsilon = _lockStep?.Epsilon ?? 0,
    };

    /// <summary>Where the run stands, with what the run said last of its actors: for the lines that the learner writes.</summary>
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
        await Policies.DisposeAsync();
        if (_replay is IAsyncDisposable replay)
        {
            await replay.DisposeAsync();
        }

        _record.Dispose();
        _learner.Dispose();
        _stop.Dispose();
        _interrupt.Dispose();
        _working.Dispose();
    }

    private static Checkpoint? ReadLast(RunFolder folder, ILogger logger)
    {
        if (!Directory.Exists(folder.Last) && !Directory.Exists(folder.Last + ".previous"))
        {
            return null;
        }

        return CheckpointFolder.ReadOrPrevious(folder.Last, message => LearnerLog.CheckpointRefused(logger, message)).Checkpoint;
    }

    /// <summary>The best network may be newer than the last checkpoint: a worse one must not take its place.</summary>
    private static Checkpoint? WithBest(Checkpoint? resume, RunFolder folder, ILogger logger)
    {
        if (resume is null || !Directory.Exists(folder.Best))
        {
            return resume;
        }

        Checkpoint best = CheckpointFolder.ReadOrPrevious(folder.Best, message => LearnerLog.CheckpointRefused(logger, message)).Checkpoint;
        return best.EvaluationMean > (resume.BestMean ?? double.NegativeInfinity)
            ? resume with { BestMean = best.EvaluationMean, Solved = resume.Solved ?? best.Solved }
            : resume;
    }

    private void Work()
    {
        try
        {
            _stop.Guard(Learn);
            _clock.Stop();
            if (_superseded)
            {
                return;
            }

            if (_suspended)
            {
                _record.WriteLast();
                _stop.ThrowFailure();
                return;
            }

            TrainingResult result = _end.Complete(Seconds, replay: null, _interrupt.Token);
            _outcome = Wire.Outcome(result);
        }
        catch (Exception e)
        {
            // Whatever it was fails the run, which tells its user.
            _failure = e is KreweException ? e.Message : e.ToString();
        }
        finally
        {
            _threadEnded.TrySetResult();
            lock (_lock)
            {
                _checkpoint?.TrySetException(new InvalidOptionException("the run ended before the checkpoint was written: its last one stands"));
            }
        }
    }

    private void Learn()
    {
        _record.BeginMetrics();
        _learner.Publish();
        if (_lockStep is not null)
        {
            _lockStep.BetweenWindows = BetweenUpdates;
            LockStepRun.Run(_lockStep.Actors, ((ShardedReplay)_replay).CompleteAppends, _learner, _record, _stop);
            return;
        }

        using var background = new BackgroundWorker<DueWork>("krewe-evaluation", due => _stop.Guard(() => _record.Do(due)));
        LearnerWork.Run(_learner, _record, background, _stop, BetweenUpdates);
    }

    private void BetweenUpdates()
    {
        if (Volatile.Read(ref _checkpoint) is not null)
        {
            WriteCheckpoint();
        }

        while (!_working.IsSet && !_stop.IsRequested)
        {
            _working.Wait(TimeSpan.FromMilliseconds(50));
            if (Volatile.Read(ref _checkpoint) is not null)
            {
                WriteCheckpoint();
            }
        }
    }

    private void WriteCheckpoint()
    {
        TaskCompletionSource<string> request;
        lock (_lock)
        {
            request = _checkpoint!;
            _checkpoint = null;
        }

        try
        {
            _record.WriteLast();
            request.SetResult(_record.Folder!.Last);
        }
        catch (KreweException e)
        {
            request.SetException(e);
        }
    }

    /// <summary>
    /// Asks the run before anything is written into its folder: a learner that was given up may not know it yet. A run that does not
    /// answer forbids nothing, or the last checkpoint of a cluster that is being shut down would be lost.
    /// </summary>
    private bool IsCurrent(ITrainingRunGrain run)
    {
        try
        {
            // On the learner's thread or that of its evaluations, never a grain's.
            if (run.IsCurrent(Epoch).WaitAsync(AnswerPatience).GetAwaiter().GetResult())
            {
                return true;
            }

            Supersede();
            return false;
        }
        catch (Exception)
        {
            return true;
        }
    }

    private void Supersede()
    {
        _superseded = true;
        End();
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
            // It has ended already.
        }
    }

    private void Add(EvaluationReport report)
    {
        lock (_lock)
        {
            _untold.Add(Wire.Point(report));
            if (_untold.Count > RunRecordState.MostEvaluations)
            {
                // A run that cannot be reached would keep no more of them either.
                _untold.RemoveAt(0);
            }
        }
    }
}
