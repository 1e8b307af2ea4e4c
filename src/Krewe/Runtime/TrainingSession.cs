using System.Diagnostics;
using Krewe.Actors.Evaluation;
using Krewe.Contracts;
using Krewe.Contracts.Environments;
using Krewe.Contracts.Options;
using Krewe.Contracts.Random;
using Krewe.Contracts.Telemetry;
using Krewe.Environments;
using Krewe.Learner.Checkpoints;

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
    private readonly EnvironmentRegistry _registry;
    private readonly RunFolder? _folder;
    private readonly TrainingParts _parts;
    private readonly RunRecord _record;
    private readonly RunMetrics _metrics;
    private readonly RunStop _stop = new();
    private readonly Stopwatch _clock = new();
    private readonly double _secondsBefore;
    private readonly long _stepsBefore;
    private readonly long _updatesBefore;

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
        Options = options;
        _registry = registry ?? EnvironmentRegistry.CreateDefault();
        _folder = folder;
        Environment = _registry.GetSpec(options.Environment.Id, options.Environment.Kwargs);
        _parts = new TrainingParts(options, Environment, _registry, resume, resumeFrom);
        var tracker = new EvaluationTracker(
            options.Evaluation.Interval,
            Environment.RewardThreshold,
            resume?.EnvironmentSteps ?? 0,
            resume?.BestMean,
            resume?.Solved is { } solved ? (solved.Seconds, solved.Step) : null);
        _record = new RunRecord(options, _parts, tracker, MakeEvaluator(options.Evaluation.Episodes), folder, _stop, () => Seconds)
        {
            Evaluated = report => Evaluated?.Invoke(report),
        };
        _secondsBefore = resume?.WallSeconds ?? 0;
        _stepsBefore = _parts.Counters.EnvironmentSteps;
        _updatesBefore = _parts.Counters.Updates;
        _metrics = new RunMetrics(this);
    }

    /// <summary>Called after each evaluation during training, on the thread that did it.</summary>
    public event Action<EvaluationReport>? Evaluated;

    /// <summary>What is known of the environment.</summary>
    public EnvironmentSpec Environment { get; }

    /// <summary>The options of the run.</summary>
    public TrainingOptions Options { get; }

    /// <summary>Where the run stands; any thread may ask.</summary>
    public TrainingProgress Progress => new(
        TimeSpan.FromSeconds(Seconds),
        _parts.Counters.EnvironmentSteps,
        Options.Run.Steps,
        _parts.Counters.Updates,
        _parts.Counters.Episodes,
        _parts.Episodes.Mean()?.Return,
        _parts.Actors[0].Epsilon,
        _parts.Learner.LastResult,
        _parts.Learner.PolicyVersion,
        Math.Max(0, _parts.Learner.PolicyVersion - _parts.Actors.Min(actor => actor.PolicyVersion)),
        _parts.Replay.GetStatistics(),
        _record.Evaluations.Last,
        _record.Evaluations.Best);

    private double Seconds => _secondsBefore + _clock.Elapsed.TotalSeconds;

    /// <summary>Trains until the budget of steps is used up, the environment is solved (when asked), or the run is cancelled.</summary>
    /// <param name="cancellationToken">Ends the run; the last checkpoint is written all the same.</param>
    /// <exception cref="KreweException">The environment or an update failed, or a checkpoint could not be written.</exception>
    public TrainingResult Run(CancellationToken cancellationToken = default)
    {
        using Activity? span = KreweTelemetry.Spans.StartActivity(SpanNames.Run);
        span?.SetTag("krewe.environment", Environment.Id).SetTag("krewe.seed", Options.Run.Seed);
        using CancellationTokenRegistration registration = cancellationToken.Register(_stop.Request);
        _folder?.WriteOptions(Options);
        _clock.Start();
        _parts.Learner.Publish();
        if (Options.Run.Deterministic)
        {
            _stop.Guard(() => LockStepRun.Run(_parts, _record, _stop));
        }
        else
        {
            ThreadedRun.Run(_parts, _record, _stop);
        }

        _clock.Stop();
        bool interrupted = cancellationToken.IsCancellationRequested;
        double seconds = Seconds;
        if (!_stop.IsRequested)
        {
            // An environment that fails only now must not cost the checkpoint of everything before.
            _stop.Guard(() => _record.Do(new DueWork(_record.Capture(), Evaluate: true, Save: false)));
        }

        // A network that has diverged is nothing to go on from: the checkpoint before it stays. A last checkpoint that cannot be
        // written is a failure too, but never hides the one before it.
        if (_stop.Failure is not NonFiniteUpdateException)
        {
            _stop.Guard(_record.WriteLast);
        }

        _stop.ThrowFailure();
        return Summarize(seconds, interrupted, cancellationToken);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _metrics.Dispose();
        _record.Dispose();
        _parts.Dispose();
        _stop.Dispose();
    }

    private TrainingResult Summarize(double seconds, bool interrupted, CancellationToken cancellationToken)
    {
        Checkpoint? best = _record.LoadBest();
        float[] parameters = (best ?? _record.Capture()).Network.Online;
        EvaluationResult? final = null;
        if (!interrupted)
        {
            using Evaluator evaluator = MakeEvaluator(Options.Evaluation.FinalEpisodes);
            final = evaluator.Run(
                parameters,
                Options.Evaluation.FinalEpisodes,
                epsilon: 0,
                RandomStreams.DeriveSeed(Options.Run.Seed, RandomStream.FinalEvaluation),
                cancellationToken);
        }

        double elapsed = Math.Max(seconds - _secondsBefore, 1e-9);
        return new TrainingResult
        {
            EnvironmentId = Environment.Id,
            Seed = Options.Run.Seed,
            EnvironmentSteps = _parts.Counters.EnvironmentSteps,
            Updates = _parts.Counters.Updates,
            WallSeconds = seconds,
            StepsPerSecond = (_parts.Counters.EnvironmentSteps - _stepsBefore) / elapsed,
            UpdatesPerSecond = (_parts.Counters.Updates - _updatesBefore) / elapsed,
            SolvedAtSeconds = _record.Evaluations.Solved?.Seconds,
            SolvedAtStep = _record.Evaluations.Solved?.Step,
            Final = final,
            Interrupted = interrupted,
            Checkpoint = _folder is null ? null : best is null ? _folder.Last : _folder.Best,
            BestParameters = parameters,
        };
    }

    private Evaluator MakeEvaluator(int episodes) => Evaluators.Make(_registry, Options, Environment, _parts.NetworkSpec, episodes);
}
