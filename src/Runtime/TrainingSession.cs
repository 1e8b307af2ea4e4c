using System.Diagnostics;
using Krewe.Contracts;
using Krewe.Environments;
using Krewe.Learner;
using Krewe.Networks;
using Krewe.Replay;

namespace Krewe.Runtime;

/// <summary>Creates the network that a learner trains, with its initial parameters.</summary>
/// <param name="spec">The network.</param>
/// <param name="options">Loss, target kind, clipping, the optimizer's constants and the device.</param>
/// <param name="random">Draws the initial parameters.</param>
public delegate ITrainableQNetwork CreateNetwork(NetworkSpec spec, LearnerOptions options, Pcg64 random);

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
public sealed class TrainingSession : ITrainingRun, IDisposable
{
    private readonly RunPlan _plan;
    private readonly RunFolder? _folder;
    private readonly TrainingParts _parts;
    private readonly RunRecord _record;
    private readonly RunEnd _end;
    private readonly RunMetrics _metrics;
    private readonly RunStop _stop = new();
    private readonly Stopwatch _clock = new();
    private readonly double _secondsBefore;

    /// <summary>Prepares a run; nothing starts before <see cref="Run"/>.</summary>
    /// <param name="options">The options; checked here, and not to be changed afterwards.</param>
    /// <param name="registry">Where environments come from; null for the built-in ones.</param>
    /// <param name="folder">Where checkpoints go; null keeps everything in memory.</param>
    /// <param name="resume">The checkpoint to go on from; null starts anew.</param>
    /// <param name="resumeFrom">The folder of that checkpoint, where saved replay is looked for.</param>
    /// <param name="createNetwork">Creates the network to train; null for the managed backend's.</param>
    /// <exception cref="InvalidOptionException">The options contradict each other or do not fit the environment.</exception>
    /// <exception cref="InvalidDataFormatException">The checkpoint was made for another network or environment.</exception>
    public TrainingSession(
        TrainingOptions options,
        EnvironmentRegistry? registry = null,
        RunFolder? folder = null,
        Checkpoint? resume = null,
        string? resumeFrom = null,
        CreateNetwork? createNetwork = null)
    {
        registry ??= EnvironmentRegistry.CreateDefault();
        _plan = RunPlan.Create(options, registry);
        if (options.Learner.Backend != BackendKind.Simd && createNetwork is null)
        {
            throw new InvalidOptionException(
                "learner.backend torch: this session has only the managed backend; pass createNetwork, for example (spec, options, random) => new TorchQNetwork(spec, options, random)");
        }

        _folder = folder;
        _parts = new TrainingParts(_plan, registry, resume, resumeFrom, createNetwork ?? CreateManaged);
        _record = new RunRecord(
            _plan,
            _parts.Learner,
            _parts.Counters,
            Resuming.Evaluations(_plan, resume),
            Evaluators.Make(_plan, registry, options.Evaluation.Episodes),
            folder,
            _stop,
            () => Seconds,
            () => [.. _parts.Actors.Select(actor => actor.RandomState)])
        {
            Evaluated = report => Evaluated?.Invoke(report),
            Warned = message => Warned?.Invoke(message),
        };
        _secondsBefore = resume?.WallSeconds ?? 0;
        _end = new RunEnd(_record, registry, _stop, _secondsBefore);
        _metrics = new RunMetrics(() => Progress);
    }

    /// <inheritdoc/>
    public event Action<EvaluationReport>? Evaluated;

    /// <summary>Called when a checkpoint could not be written during training and the run goes on, on the thread that wrote.</summary>
    public event Action<string>? Warned;

    /// <inheritdoc/>
    public EnvironmentSpec Environment => _plan.Environment;

    /// <inheritdoc/>
    public TrainingOptions Options => _plan.Options;

    /// <inheritdoc/>
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

    /// <inheritdoc/>
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
            _stop.Guard(() => LockStepRun.Run(
                [.. _parts.Actors.Select(actor => new LocalLockStepActor(actor))], _parts.Replay.CompleteAppends, _parts.Learner, _record, _stop));
        }
        else
        {
            ThreadedRun.Run(_parts, _record, _stop);
        }

        _clock.Stop();
        var replay = new ReplayContent(
            ShardedReplayFolder.FileNames(_parts.Replay), path => ShardedReplayFolder.Save(_parts.Replay, path));
        return _end.Complete(Seconds, replay, cancellationToken);
    }

    private static MlpQNetwork CreateManaged(NetworkSpec spec, LearnerOptions options, Pcg64 random) => new(spec, options, random);

    /// <inheritdoc/>
    public void Dispose()
    {
        _metrics.Dispose();
        _record.Dispose();
        _parts.Dispose();
        _stop.Dispose();
    }
}
