using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Krewe.Actors;
using Krewe.Contracts;
using Krewe.Environments;
using Krewe.Learner;
using Krewe.Networks;

namespace Krewe.Runtime;

/// <summary>Creates the network that a learner trains, with its initial parameters.</summary>
/// <param name="spec">The network.</param>
/// <param name="options">Loss, target kind, clipping, the optimizer's constants and the device.</param>
/// <param name="random">Draws the initial parameters.</param>
public delegate INetwork CreateNetwork(NetworkSpec spec, LearnerOptions options, Pcg64 random);

/// <summary>
/// One training run in this process: actor threads, one learner thread and one thread for evaluations and checkpoints; with
/// <see cref="RunOptions.Deterministic"/>, everything in lock step on one thread. Create it, <see cref="Run"/> it once, dispose it.
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
    private readonly LearnerParts _learner;
    private readonly RunMetrics _metrics;
    private readonly RunStop _stop = new();
    private readonly Lock _stateLock = new();
    private readonly ConcurrentQueue<string> _earlyWarnings = new();
    private volatile State _state;
    private CancellationToken _interrupt;

    /// <summary>Prepares a run; nothing starts before <see cref="Run"/>.</summary>
    /// <param name="options">The options; validated here. Do not change them afterwards.</param>
    /// <param name="registry">Creates the environments; null for the built-in ones.</param>
    /// <param name="folder">The folder for checkpoints; null keeps everything in memory.</param>
    /// <param name="resume">The checkpoint to resume from; null for a new run.</param>
    /// <param name="resumeFrom">The folder of that checkpoint, which may contain saved replay.</param>
    /// <param name="createNetwork">Creates the network to train; null for the managed backend.</param>
    /// <exception cref="InvalidOptionException">The options contradict each other, or do not match the environment or the checkpoint.</exception>
    /// <exception cref="InvalidDataFormatException">The saved replay is damaged.</exception>
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
                "learner.backend torch: this session has only the managed backend: pass createNetwork, for example (spec, options, random) => new TorchNetwork(spec, options, random)");
        }

        _folder = folder;
        _plan.CheckMemory(
            _plan.Slots, _plan.LearnerNetworkCopies + (RunPlan.PolicyNetworkCopies * PolicyBoard.MostPolicies(options.Actor.Count)));
        Resuming.Check(_plan, resume, resumeFrom);
        try
        {
            _parts = new TrainingParts(_plan, registry, resume, resumeFrom, _stop, Warn);
            _learner = new LearnerParts(
                _plan,
                registry,
                createNetwork,
                _parts.Experience,
                _parts.PolicySink,
                _parts.Counters,
                version: resume?.PolicyVersion ?? -1,
                resume,
                folder,
                _stop,
                () => Progress,
                () => [.. _parts.Actors.Select(actor => actor.Loop.RandomState)],
                Warn);
        }
        catch
        {
            // Environments are the user's code.
            _parts?.Dispose();
            throw;
        }

        _learner.Record.Content = _parts.Content;
        _learner.Record.Evaluated = report => Evaluated?.Invoke(report);
        _metrics = new RunMetrics(() => Progress);
    }

    private enum State
    {
        Ready,
        Running,
        Ended,
        Disposed,
    }

    /// <inheritdoc/>
    public event Action<EvaluationReport>? Evaluated;

    /// <inheritdoc/>
    public event Action<string>? Warned;

    /// <summary>
    /// How long an environment has to return when the run is cancelled or fails, in training or in an evaluation; 10 s by default. If it does
    /// not return, its thread is abandoned, and the run ends without it and writes its last checkpoint.
    /// </summary>
    public TimeSpan StopTimeout { get; init; } = RunThreads.DefaultTimeout;

    /// <inheritdoc/>
    public string? Location => _folder?.Path;

    /// <inheritdoc/>
    public string? WaitsFor =>
        _state != State.Running ? null
        : Hanging is { } hanging && (_stop.IsRequested || hanging.Time >= CallClock.Long)
            ? string.Create(CultureInfo.InvariantCulture, $"{hanging.Place} for {hanging.Time.TotalSeconds:F0} s")
        : _stop.IsRequested ? "the last checkpoint" : null;

    /// <inheritdoc/>
    public EnvironmentSpec Environment => _plan.Environment;

    /// <inheritdoc/>
    public TrainingOptions Options => _plan.Options;

    /// <inheritdoc/>
    public TrainingProgress Progress => new(
        TimeSpan.FromSeconds(_learner.Clock.Seconds),
        _parts.Counters.EnvironmentSteps,
        Options.Run.Steps,
        _parts.Counters.Updates,
        _parts.Counters.Episodes,
        _parts.Episodes.Mean()?.Return,
        _parts.Actors[0].Loop.Epsilon,
        _learner.Loop.LastResult,
        _learner.Loop.PolicyVersion,
        Math.Max(0, _learner.Loop.PolicyVersion - _parts.Actors.Min(actor => actor.Loop.PolicyVersion)),
        _parts.Experience.GetStatistics(),
        _learner.Record.LastEvaluation,
        _learner.Record.Evaluations.Best);

    /// <summary>The environment that has been in a call for the longest time; null when none is.</summary>
    private (string Place, TimeSpan Time)? Hanging
    {
        get
        {
            LocalActor? slowest = _parts.Actors.MaxBy(actor => actor.InEnvironments ?? TimeSpan.MinValue);
            return slowest?.InEnvironments is { } time
                ? ($"actor {slowest.Loop.ActorId}, whose environments ({Environment.Id}) have not returned", time)
                : Evaluating is { } evaluating ? ($"an evaluation, whose environments ({Environment.Id}) have not returned", evaluating)
                : null;
        }
    }

    /// <summary>A warning while the session is created is kept until it runs: nothing can have subscribed before.</summary>
    private void Warn(string message)
    {
        if (_state == State.Ready)
        {
            _earlyWarnings.Enqueue(message);
        }
        else
        {
            Warned?.Invoke(message);
        }
    }

    /// <summary>How long the current step of an evaluation has taken, if the run waits for it or, because the step takes long, soon will; else null.</summary>
    private TimeSpan? Evaluating =>
        _learner.InFinalEvaluation is { } final && (_interrupt.IsCancellationRequested || final >= CallClock.Long) ? final
        : _learner.Record.InEvaluation is { } evaluation && (_stop.IsRequested || evaluation >= CallClock.Long) ? evaluation
        : null;

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The session is running or has run: create another session for another run.</exception>
    /// <exception cref="ObjectDisposedException">The session has been disposed.</exception>
    public TrainingResult Run(CancellationToken cancellationToken = default)
    {
        lock (_stateLock)
        {
            ObjectDisposedException.ThrowIf(_state == State.Disposed, this);
            _state = _state == State.Ready
                ? State.Running
                : throw new InvalidOperationException($"this session {(_state == State.Running ? "is already running" : "has already run")}: create another session for another run");
        }

        while (_earlyWarnings.TryDequeue(out string? warning))
        {
            Warned?.Invoke(warning);
        }

        try
        {
            return Train(cancellationToken);
        }
        finally
        {
            lock (_stateLock)
            {
                _state = State.Ended;
            }
        }
    }

    /// <summary>Frees the run's resources.</summary>
    /// <exception cref="InvalidOperationException"><see cref="Run"/> has not returned yet.</exception>
    public void Dispose()
    {
        lock (_stateLock)
        {
            if (_state == State.Disposed)
            {
                return;
            }

            _state = _state != State.Running
                ? State.Disposed
                : throw new InvalidOperationException("this session is still running on another thread: cancel the run and dispose the session after Run has returned");
        }

        _metrics.Dispose();
        _learner.Dispose();
        _parts.Dispose();
        _stop.Dispose();
    }

    private TrainingResult Train(CancellationToken cancellationToken)
    {
        using Activity? span = KreweTelemetry.Spans.StartActivity(SpanNames.Run);
        span?.SetTag("krewe.environment", Environment.Id).SetTag("krewe.seed", Options.Run.Seed);
        _interrupt = cancellationToken;
        using CancellationTokenRegistration registration = cancellationToken.Register(_stop.Request);
        _folder?.WriteOptions(Options);
        _learner.StopTimeout = StopTimeout;
        _learner.Clock.Set(isTraining: true);
        _learner.Begin(publish: !_parts.ContinuesExactly);
        var threads = new RunThreads(_stop, StopTimeout, () => Hanging?.Place, Warn);
        if (Options.Run.Deterministic)
        {
            _learner.RunInLockStep(_parts.Actors, _parts.Experience.CompleteAppends, threads, _parts.LockStep!.Turn);
        }
        else
        {
            ThreadedRun.Run(_parts, _learner, _stop, threads);
        }

        _learner.Clock.End();
        return _learner.Complete(cancellationToken);
    }
}
