using System.Diagnostics;
using System.Runtime.ExceptionServices;
using Krewe.Actors.Acting;
using Krewe.Actors.Evaluation;
using Krewe.Contracts;
using Krewe.Contracts.Environments;
using Krewe.Contracts.Networks;
using Krewe.Contracts.Options;
using Krewe.Contracts.Random;
using Krewe.Contracts.Replay;
using Krewe.Contracts.Telemetry;
using Krewe.Environments;
using Krewe.Learner.Checkpoints;
using Krewe.Replay;

namespace Krewe;

/// <summary>
/// One training run in this process: actor threads, one learner thread and one thread for evaluations and checkpoints; or, with
/// <see cref="RunOptions.Deterministic"/>, all of it in lock step on the caller's thread. Used once: make it, <see cref="Run"/> it.
/// </summary>
/// <example>
/// <code>
/// TrainingOptions options = Preset.Load("CartPole-v1");
/// options.Run.Seed = 7;
/// using var session = new TrainingSession(options);
/// TrainingResult result = session.Run();
/// </code>
/// </example>
public sealed class TrainingSession : IDisposable
{
    private static readonly TimeSpan LearnerPatience = TimeSpan.FromMilliseconds(100);

    private readonly TrainingOptions _options;
    private readonly EnvironmentRegistry _registry;
    private readonly RunFolder? _folder;
    private readonly TrainingParts _parts;
    private readonly EvaluationTracker _tracker;
    private readonly Evaluator _evaluator;
    private readonly RunMetrics _metrics;
    private readonly Stopwatch _clock = new();
    private readonly double _secondsBefore;
    private readonly long _stepsBefore;
    private readonly long _updatesBefore;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _failureLock = new();
    private ExceptionDispatchInfo? _failure;
    private Checkpoint? _best;
    private long _nextCheckpoint;

    /// <summary>Prepares a run; nothing starts before <see cref="Run"/>.</summary>
    /// <param name="options">The options; checked here, and not to be changed afterwards.</param>
    /// <param name="registry">Where environments come from; null for the built-in ones.</param>
    /// <param name="folder">Where checkpoints go; null keeps everything in memory.</param>
    /// <param name="resume">The checkpoint to go on from; null starts anew.</param>
    /// <param name="resumeFrom">The folder of that checkpoint, where saved replay is looked for.</param>
    /// <exception cref="InvalidOptionException">The options contradict each other or do not fit the environment.</exception>
    /// <exception cref="InvalidDataFormatException">The checkpoint was made for another network or environment.</exception>
    public TrainingSession(
        TrainingOptions options,
        EnvironmentRegistry? registry = null,
        RunFolder? folder = null,
        Checkpoint? resume = null,
        string? resumeFrom = null)
    {
        OptionValidator.Validate(options);
        _options = options;
        _registry = registry ?? EnvironmentRegistry.CreateDefault();
        _folder = folder;
        Environment = _registry.GetSpec(options.Environment.Id, options.Environment.Kwargs);
        _parts = new TrainingParts(options, Environment, _registry, resume, resumeFrom);
        _tracker = new EvaluationTracker(
            options.Evaluation.Interval,
            Environment.RewardThreshold,
            resume?.EnvironmentSteps ?? 0,
            resume?.BestMean,
            resume?.Solved is { } solved ? (solved.Seconds, solved.Step) : null);
        _evaluator = MakeEvaluator(options.Evaluation.Episodes);
        _secondsBefore = resume?.WallSeconds ?? 0;
        _stepsBefore = _parts.Counters.EnvironmentSteps;
        _updatesBefore = _parts.Counters.Updates;
        _nextCheckpoint = _stepsBefore + options.Run.CheckpointInterval;
        _metrics = new RunMetrics(this);
    }

    /// <summary>What is known of the environment.</summary>
    public EnvironmentSpec Environment { get; }

    /// <summary>The options of the run.</summary>
    public TrainingOptions Options => _options;

    /// <summary>Where the run stands; any thread may ask.</summary>
    public TrainingProgress Progress => new(
        TimeSpan.FromSeconds(Seconds),
        _parts.Counters.EnvironmentSteps,
        _options.Run.Steps,
        _parts.Counters.Updates,
        _parts.Counters.Episodes,
        _parts.Episodes.Mean()?.Return,
        _parts.Actors[0].Epsilon,
        _parts.Learner.LastResult,
        _parts.Learner.PolicyVersion,
        Math.Max(0, _parts.Learner.PolicyVersion - _parts.Actors.Min(actor => actor.PolicyVersion)),
        _parts.Replay.GetStatistics(),
        _tracker.Last,
        _tracker.Best);

    /// <summary>Called after each evaluation during training, on the thread that did it.</summary>
    public event Action<EvaluationReport>? Evaluated;

    private double Seconds => _secondsBefore + _clock.Elapsed.TotalSeconds;

    /// <summary>Trains until the budget of steps is used up, the environment is solved (when asked), or the run is cancelled.</summary>
    /// <param name="cancellationToken">Ends the run; the last checkpoint is written all the same.</param>
    /// <exception cref="KreweException">The environment or an update failed, or a checkpoint could not be written.</exception>
    public TrainingResult Run(CancellationToken cancellationToken = default)
    {
        using Activity? span = KreweTelemetry.Spans.StartActivity(SpanNames.Run);
        span?.SetTag("krewe.environment", Environment.Id).SetTag("krewe.seed", _options.Run.Seed);
        using CancellationTokenRegistration registration = cancellationToken.Register(_stop.Cancel);
        _folder?.WriteOptions(_options);
        _clock.Start();
        _parts.Learner.Publish();
        if (_options.Run.Deterministic)
        {
            RunLockStep();
        }
        else
        {
            RunThreads();
        }

        _clock.Stop();
        bool interrupted = cancellationToken.IsCancellationRequested;
        bool stoppedEarly = _stop.IsCancellationRequested;
        double seconds = Seconds;
        if (_failure is null && !stoppedEarly)
        {
            // An environment that fails only now must not cost the checkpoint of everything before.
            Guard(() => Evaluate(Capture()));
        }

        // A last checkpoint that cannot be written is a failure too, but never hides the one before it.
        Guard(WriteLast);
        _failure?.Throw();
        return Summarize(seconds, interrupted, cancellationToken);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _metrics.Dispose();
        _evaluator.Dispose();
        _parts.Dispose();
        _stop.Dispose();
    }

    private void RunThreads()
    {
        using var background = new BackgroundWorker<DueWork>("krewe-evaluation", due => Guard(() => Do(due)));
        Thread[] actors = [.. _parts.Actors.Select(actor => StartThread($"krewe-actor-{actor.ActorId}", () => Act(actor)))];
        Thread learner = StartThread("krewe-learner", () => Learn(background));
        foreach (Thread thread in actors)
        {
            thread.Join();
        }

        // The learner still owes the updates of what was inserted last.
        _parts.Replay.CompleteAppends();
        learner.Join();
    }

    private void Act(ActorLoop actor)
    {
        while (!_stop.IsCancellationRequested && actor.Collect())
        {
            if (actor.Push(Timeout.InfiniteTimeSpan, _stop.Token) == AppendStatus.Closed)
            {
                return;
            }
        }
    }

    private void Learn(BackgroundWorker<DueWork> background)
    {
        SampleStatus status;
        do
        {
            status = _parts.Learner.Step(LearnerPatience, _stop.Token);

            // While one is being worked on and one waits, an evaluation is left out and a checkpoint put off.
            if (TakeDue() is { } due && !background.TryPost(due) && due.Save)
            {
                _nextCheckpoint = due.Captured.EnvironmentSteps;
            }
        }
        while (status != SampleStatus.Closed && !_stop.IsCancellationRequested);
    }

    private void RunLockStep()
    {
        Guard(() =>
        {
            bool any = true;
            while (any)
            {
                any = false;
                foreach (ActorLoop actor in _parts.Actors)
                {
                    if (!_stop.IsCancellationRequested && actor.Collect())
                    {
                        any = true;
                        PushInLockStep(actor);
                    }
                }
            }

            _parts.Replay.CompleteAppends();
            LearnInLockStep();
        });
    }

    private void PushInLockStep(ActorLoop actor)
    {
        while (actor.Push(TimeSpan.Zero, CancellationToken.None) == AppendStatus.RateLimited)
        {
            // The limiter's band guarantees that one of the two sides can always go on.
            if (_parts.Learner.Step(TimeSpan.Zero, CancellationToken.None) != SampleStatus.Sampled)
            {
                throw new UnreachableException("replay lets neither actors nor learner go on");
            }
        }

        LearnInLockStep();
    }

    private void LearnInLockStep()
    {
        do
        {
            if (TakeDue() is { } due)
            {
                Do(due);
            }
        }
        while (!_stop.IsCancellationRequested && _parts.Learner.Step(TimeSpan.Zero, CancellationToken.None) == SampleStatus.Sampled);
    }

    private DueWork? TakeDue()
    {
        long steps = _parts.Counters.EnvironmentSteps;
        bool evaluate = _tracker.TakeDue(steps);
        bool save = steps >= _nextCheckpoint;
        if (save)
        {
            _nextCheckpoint = steps + _options.Run.CheckpointInterval;
        }

        return evaluate || save ? new DueWork(Capture(), evaluate, save) : null;
    }

    private void Do(DueWork due)
    {
        if (due.Save)
        {
            Save(_folder?.Last, WithEvaluations(due.Captured, mean: null));
        }

        if (due.Evaluate)
        {
            Evaluate(due.Captured);
        }
    }

    private void Evaluate(Checkpoint captured)
    {
        EvaluationResult result;
        using (KreweTelemetry.Spans.StartActivity(SpanNames.Evaluation))
        {
            result = _evaluator.Run(
                captured.Network.Online,
                _options.Evaluation.Episodes,
                _options.Evaluation.Epsilon,
                RandomStreams.DeriveSeed(_options.Run.Seed, RandomStream.Evaluation),
                _stop.Token);
        }

        double seconds = Seconds;
        (bool isBest, bool isFirstSolved) = _tracker.Record(result, seconds, captured.EnvironmentSteps);
        if (isBest)
        {
            _best = WithEvaluations(captured, result.Mean);
            Save(_folder?.Best, _best);
        }

        var report = new EvaluationReport(seconds, captured.EnvironmentSteps, captured.Updates, result, isBest);
        _folder?.AppendEvaluation(report);
        Evaluated?.Invoke(report);
        if (isFirstSolved && _options.Run.UntilSolved)
        {
            _stop.Cancel();
        }
    }

    private Checkpoint Capture()
    {
        var state = new QNetworkState(_parts.NetworkSpec);
        _parts.Learner.Capture(state);
        return new Checkpoint
        {
            Network = state,
            Options = _options,
            EnvironmentSteps = _parts.Counters.EnvironmentSteps,
            Updates = _parts.Counters.Updates,
            Episodes = _parts.Counters.Episodes,
            PolicyVersion = _parts.Learner.PolicyVersion,
            WallSeconds = Seconds,
            ActorRandom = [.. _parts.Actors.Select(actor => actor.RandomState)],
            KreweVersion = KreweVersion.Current,
        };
    }

    private Checkpoint WithEvaluations(Checkpoint captured, double? mean) => captured with
    {
        EvaluationMean = mean,
        BestMean = _tracker.Best,
        Solved = _tracker.Solved is { } solved ? new SolvedAt(solved.Seconds, solved.Step) : null,
    };

    private void WriteLast()
    {
        Checkpoint last = WithEvaluations(Capture(), mean: null);
        if (_options.Run.SaveReplay)
        {
            last = last with { ReplayFiles = ShardedReplayFolder.FileNames(_parts.Replay) };
            Save(_folder?.Last, last, folder => ShardedReplayFolder.Save(_parts.Replay, folder));
        }
        else
        {
            Save(_folder?.Last, last);
        }
    }

    private static void Save(string? path, Checkpoint checkpoint, Action<string>? writeReplay = null)
    {
        if (path is not null)
        {
            using Activity? span = KreweTelemetry.Spans.StartActivity(SpanNames.Checkpoint);
            CheckpointFolder.Write(path, checkpoint, writeReplay);
        }
    }

    private TrainingResult Summarize(double seconds, bool interrupted, CancellationToken cancellationToken)
    {
        // A resumed run that found nothing better keeps the best network of its earlier part.
        if (_best is null && _folder is not null && Directory.Exists(_folder.Best))
        {
            _best = CheckpointFolder.Read(_folder.Best);
        }

        float[] parameters = _best?.Network.Online ?? Capture().Network.Online;
        EvaluationResult? final = null;
        if (!interrupted)
        {
            using Evaluator evaluator = MakeEvaluator(_options.Evaluation.FinalEpisodes);
            final = evaluator.Run(
                parameters,
                _options.Evaluation.FinalEpisodes,
                epsilon: 0,
                RandomStreams.DeriveSeed(_options.Run.Seed, RandomStream.FinalEvaluation),
                cancellationToken);
        }

        double elapsed = Math.Max(seconds - _secondsBefore, 1e-9);
        return new TrainingResult
        {
            EnvironmentId = Environment.Id,
            Seed = _options.Run.Seed,
            EnvironmentSteps = _parts.Counters.EnvironmentSteps,
            Updates = _parts.Counters.Updates,
            WallSeconds = seconds,
            StepsPerSecond = (_parts.Counters.EnvironmentSteps - _stepsBefore) / elapsed,
            UpdatesPerSecond = (_parts.Counters.Updates - _updatesBefore) / elapsed,
            SolvedAtSeconds = _tracker.Solved?.Seconds,
            SolvedAtStep = _tracker.Solved?.Step,
            Final = final,
            Interrupted = interrupted,
            Checkpoint = _folder is null ? null : _best is null ? _folder.Last : _folder.Best,
            BestParameters = parameters,
        };
    }

    private Evaluator MakeEvaluator(int episodes) => Evaluators.Make(_registry, _options, Environment, _parts.NetworkSpec, episodes);

    private Thread StartThread(string name, Action body)
    {
        var thread = new Thread(() => Guard(body)) { Name = name, IsBackground = true };
        thread.Start();
        return thread;
    }

    private void Guard(Action body)
    {
        try
        {
            body();
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // Asked to stop: the thread just ends.
        }
        catch (Exception e)
        {
            // A failed worker must fail the run, whatever it failed of: the first failure ends the others and is thrown by Run.
            Fail(e);
        }
    }

    private void Fail(Exception exception)
    {
        lock (_failureLock)
        {
            _failure ??= ExceptionDispatchInfo.Capture(exception);
        }

        _stop.Cancel();
    }

    /// <summary>What the learner hands over: its state as it was, to be evaluated, saved, or both.</summary>
    private sealed record DueWork(Checkpoint Captured, bool Evaluate, bool Save);
}
