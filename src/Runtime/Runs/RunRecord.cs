using System.Diagnostics;
using System.Runtime.CompilerServices;
using Krewe.Actors;
using Krewe.Contracts;
using Krewe.Learner;

namespace Krewe.Runtime;

/// <summary>
/// Records a run: scheduled evaluations, the best network, checkpoints. <see cref="TakeDue"/> and <see cref="Capture"/> are called on
/// the learner's thread, <see cref="Do"/> on the thread that does the due work; the two may differ.
/// </summary>
public sealed class RunRecord : IDisposable
{
    private readonly TrainingOptions _options;
    private readonly ILearner _learner;
    private readonly Func<TrainingProgress> _progress;
    private readonly Func<IReadOnlyList<Pcg64State>> _actorRandom;
    private readonly RunStop _stop;
    private readonly Evaluator _evaluator;
    private readonly ExplorationSchedule _exploration;
    private readonly MetricsFile? _metrics;
    private readonly Lock _writing = new();
    private readonly HashSet<string> _unwritten = [];
    private long _nextCheckpoint;
    private volatile StrongBox<EvaluationReport>? _last;

    /// <summary>Creates a record.</summary>
    /// <param name="plan">The run.</param>
    /// <param name="learner">The learner whose network is recorded.</param>
    /// <param name="counters">The run's counters.</param>
    /// <param name="tracker">The run's evaluations.</param>
    /// <param name="evaluator">Runs the evaluations; owned and disposed by the record.</param>
    /// <param name="folder">The folder for checkpoints; null keeps everything in memory.</param>
    /// <param name="stop">Cancels evaluations; requested if the run ends because the environment is solved.</param>
    /// <param name="progress">Returns the run's progress. Thread-safe.</param>
    /// <param name="actorRandom">State of each actor's random stream.</param>
    public RunRecord(
        RunPlan plan,
        ILearner learner,
        RunCounters counters,
        EvaluationTracker tracker,
        Evaluator evaluator,
        RunFolder? folder,
        RunStop stop,
        Func<TrainingProgress> progress,
        Func<IReadOnlyList<Pcg64State>> actorRandom)
    {
        Plan = plan;
        Counters = counters;
        Folder = folder;
        Evaluations = tracker;
        _options = plan.Options;
        _learner = learner;
        _evaluator = evaluator;
        _stop = stop;
        _progress = progress;
        _actorRandom = actorRandom;
        _nextCheckpoint = AfterCheckpoint(counters.EnvironmentSteps);
        _exploration = new ExplorationSchedule(_options.Actor, actorId: 0);
        _metrics = folder is null ? null : new MetricsFile(folder.Metrics, _options.Actor.Count, progress, IsWritable)
        {
            Warned = message => Warned?.Invoke(message),
        };
    }

    /// <summary>Raised after each evaluation, on the thread that ran it.</summary>
    public Action<EvaluationReport>? Evaluated { get; set; }

    /// <summary>Raised with the folder of each checkpoint that was written, on the thread that wrote it.</summary>
    public Action<string>? Saved { get; set; }

    /// <summary>
    /// Raised, on any thread, with a problem that does not end the run: once when a checkpoint, a point of the learning curve or a line of
    /// metrics could not be written, and again only after all failed writes have succeeded.
    /// </summary>
    public Action<string>? Warned { get; set; }

    /// <summary>
    /// Called before anything is written into the run's folder; if it returns false, the write is skipped. It fences off a learner that may
    /// have been superseded. Null means always true.
    /// </summary>
    public Func<bool>? MayWrite { get; set; }

    /// <summary>
    /// What the last checkpoint of a run holds with <see cref="RunOptions.SaveReplay"/>, and every one of a deterministic run; null for nothing.
    /// </summary>
    public RunContent? Content { get; set; }

    /// <summary>The run's plan.</summary>
    public RunPlan Plan { get; }

    /// <summary>The run's counters.</summary>
    public RunCounters Counters { get; }

    /// <summary>The folder for checkpoints; null if everything is kept in memory.</summary>
    public RunFolder? Folder { get; }

    /// <summary>The run's evaluations.</summary>
    public EvaluationTracker Evaluations { get; }

    /// <summary>The last evaluation of this part of the run; null before the first.</summary>
    public EvaluationReport? LastEvaluation => _last?.Value;

    /// <summary>How long the current step of an evaluation's environments has taken; null when there is none. Thread-safe.</summary>
    public TimeSpan? InEvaluation => _evaluator.InEnvironments;

    /// <summary>The best network so far; null before the first evaluation of this part of the run.</summary>
    public Checkpoint? Best { get; private set; }

    /// <summary>Whether work is due at the current number of environment steps.</summary>
    public bool IsDue => Counters.EnvironmentSteps is var steps && (Evaluations.IsDue(steps) || steps >= _nextCheckpoint);

    /// <summary>The work due at the current number of environment steps; null for none.</summary>
    public DueWork? TakeDue()
    {
        long steps = Counters.EnvironmentSteps;
        bool evaluate = Evaluations.TakeDue(steps);
        bool save = steps >= _nextCheckpoint;
        if (save)
        {
            _nextCheckpoint = AfterCheckpoint(steps);
        }

        return evaluate || save ? MakeDue(evaluate, save) : null;
    }

    /// <summary>Captures the run's current state as work.</summary>
    /// <param name="evaluate">Whether to evaluate it.</param>
    /// <param name="save">Whether to save it.</param>
    public DueWork MakeDue(bool evaluate, bool save) => new(Capture(), _progress(), evaluate, save);

    /// <summary>
    /// Removes the evaluations behind the checkpoint of a resumed run, which takes their steps again, and starts the run's metrics file, with one
    /// line per second.
    /// </summary>
    public void Begin()
    {
        if (Counters.EnvironmentSteps > 0 && Folder is not null && IsWritable())
        {
            TryWrite(nameof(RunFolder.Evaluations), () => Folder.RewindEvaluations(Counters.EnvironmentSteps, Counters.Updates));
        }

        _metrics?.Begin();
        if (_options.Run.UntilSolved && Evaluations.Solved is not null)
        {
            // It was solved before it was killed, but its last checkpoint does not say so.
            _stop.Request();
        }
    }

    /// <summary>Writes the last line of the metrics file.</summary>
    public void EndMetrics() => _metrics?.End();

    /// <summary>Does due work. A checkpoint that cannot be written is retried when the next one is due.</summary>
    /// <param name="due">The work.</param>
    /// <exception cref="KreweException">The environment failed.</exception>
    public void Do(DueWork due)
    {
        if (due.Save)
        {
            TryWrite(nameof(RunFolder.Last), () => SaveLast(due.Captured, withContent: _options.Run.Deterministic));
            TryWrite(nameof(RunFolder.Best), SaveUnwrittenBest);
        }

        if (!due.Evaluate)
        {
            return;
        }

        try
        {
            Evaluate(due);
        }
        catch (OperationCanceledException) when (!_options.Run.Deterministic && !(_options.Run.UntilSolved && Evaluations.Solved is not null))
        {
            // Interrupted: a resumed run continues after its step. In lock step it starts with this evaluation.
            Evaluations.Skip();
            throw;
        }
    }

    /// <summary>Captures the run's current state.</summary>
    public Checkpoint Capture()
    {
        LearnerState state = LearnerState.Capture(Plan.Policy, _learner.Visit);
        return new Checkpoint
        {
            State = state,
            Options = _options,
            EnvironmentSteps = Counters.EnvironmentSteps,
            Updates = Counters.Updates,
            Episodes = Counters.Episodes,
            PolicyVersion = _learner.PolicyVersion,
            WallSeconds = Recorded(_progress().Elapsed.TotalSeconds),
            ActorRandom = _actorRandom(),
            IsComplete = false,
            KreweVersion = KreweVersion.Current,
        };
    }

    /// <summary>Writes the checkpoint to resume from; actors and learner must have ended.</summary>
    /// <param name="isComplete">Whether the run was neither interrupted nor failed.</param>
    /// <returns>The checkpoint.</returns>
    /// <exception cref="KreweException">It could not be written.</exception>
    public Checkpoint WriteLast(bool isComplete)
    {
        Checkpoint last = SaveLast(Capture() with { IsComplete = isComplete }, withContent: _options.Run.SaveReplay || _options.Run.Deterministic);
        SaveUnwrittenBest();
        return last;
    }

    /// <summary>Records in the run's folder that it failed.</summary>
    /// <param name="failure">Why.</param>
    public void WriteFailure(string failure)
    {
        if (Folder is not null && IsWritable())
        {
            Folder.WriteFailure(failure);
        }
    }

    /// <summary>The best network, read from the folder if this part of a resumed run found no better one; null if there is none.</summary>
    public Checkpoint? LoadBest() =>
        Best ??= Folder is null ? null : CheckpointFolder.TryRead(Folder.Best, message => Warned?.Invoke(message));

    /// <inheritdoc/>
    public void Dispose()
    {
        _metrics?.Dispose();
        if (InEvaluation is null)
        {
            // An evaluator that hangs in an environment was abandoned by its host and must not be disposed while it is in use.
            _evaluator.Dispose();
        }
    }

    /// <summary>The step of the next checkpoint: a multiple of the interval, so that an interruption does not move the later ones.</summary>
    private long AfterCheckpoint(long steps) => ((steps / _options.Run.CheckpointInterval) + 1) * _options.Run.CheckpointInterval;

    private Checkpoint SaveLast(Checkpoint captured, bool withContent)
    {
        Checkpoint last = WithEvaluations(captured, mean: null);
        if (withContent && Content is { } content)
        {
            try
            {
                Save(Folder?.Last, last with { Files = content.FileNames() }, content.Write);
            }
            catch (EnvironmentFaultException)
            {
                // An environment that cannot read its state ends the run, which must not cost the network too.
                Save(Folder?.Last, last);
                throw;
            }
        }
        else
        {
            Save(Folder?.Last, last);
        }

        return last;
    }

    private void Save(string? path, Checkpoint checkpoint, Action<string>? writeContent = null)
    {
        if (path is not null && IsWritable())
        {
            using Activity? span = KreweTelemetry.Spans.StartActivity(SpanNames.Checkpoint);
            lock (_writing)
            {
                CheckpointFolder.Write(path, checkpoint, writeContent);
            }

            Saved?.Invoke(path);
        }
    }

    private void SaveUnwrittenBest()
    {
        lock (_writing)
        {
            if (_unwritten.Contains(nameof(RunFolder.Best)))
            {
                Save(Folder?.Best, Best!);
            }
        }
    }

    /// <summary>A full disk must not end a run that is still learning: the write is skipped with a warning.</summary>
    private void TryWrite(string name, Action write)
    {
        lock (_writing)
        {
            try
            {
                write();
                _unwritten.Remove(name);
            }
            catch (KreweException e) when (e is not EnvironmentFaultException)
            {
                if (_unwritten.Count == 0)
                {
                    Warned?.Invoke($"{e.Message}; training continues, and the write is retried when the next one is due");
                }

                _unwritten.Add(name);
            }
        }
    }

    private void Evaluate(DueWork due)
    {
        Checkpoint captured = due.Captured;
        EvaluationResult result = Play(captured, RandomStream.Evaluation, _options.Evaluation.Episodes);
        EvaluationResult? confirmation = Evaluations.IsCandidate(result.Mean)
            ? Play(captured, RandomStream.Confirmation, Math.Max(_options.Evaluation.Episodes, _options.Evaluation.FinalEpisodes))
            : null;
        double seconds = _progress().Elapsed.TotalSeconds;
        (bool isBest, bool isFirstSolved) = confirmation is { } second ? Evaluations.Record(second, seconds, captured.EnvironmentSteps) : (false, false);
        if (isBest)
        {
            Best = WithEvaluations(captured, confirmation!.Value.Mean);
            TryWrite(nameof(RunFolder.Best), () => Save(Folder?.Best, Best));
        }

        var report = new EvaluationReport(
            seconds,
            captured.EnvironmentSteps,
            captured.Updates,
            result,
            isBest,
            _exploration.At(captured.EnvironmentSteps),
            due.Progress.MeanReturn,
            due.Progress.HasUpdate ? due.Progress.LastUpdate.Loss : null,
            confirmation?.Mean);
        _last = new StrongBox<EvaluationReport>(report);
        if (Folder is not null && IsWritable())
        {
            TryWrite(nameof(RunFolder.Evaluations), () => Folder.AppendEvaluation(report));
        }

        _metrics?.Write(report);
        Evaluated?.Invoke(report);
        if (isFirstSolved && _options.Run.UntilSolved)
        {
            _stop.Request();
        }
    }

    private EvaluationResult Play(Checkpoint captured, RandomStream stream, int episodes)
    {
        using Activity? span = KreweTelemetry.Spans.StartActivity(SpanNames.Evaluation);
        EvaluationResult result = _evaluator.Run(
            captured.State.Parameters,
            episodes,
            _options.Evaluation.Epsilon,

            // Grows from one captured state to the next: no two play the same episodes.
            RandomStreams.DeriveSeed(_options.Run.Seed, stream, unchecked((int)(captured.EnvironmentSteps + captured.Updates))),
            _stop.Token);

        // An abandoned thread must not write into a folder that another run may have taken over.
        _stop.Token.ThrowIfCancellationRequested();
        return result;
    }

    private bool IsWritable() => MayWrite?.Invoke() ?? true;

    private Checkpoint WithEvaluations(Checkpoint captured, double? mean) => captured with
    {
        EvaluationMean = mean,
        BestMean = Evaluations.BestAtStep,
        Solved = Evaluations.Solved is { } solved ? new SolvedAt(Recorded(solved.Seconds), solved.Step) : null,
    };

    /// <summary>Seconds for a checkpoint: 0 in a deterministic run, because they differ from run to run.</summary>
    private double Recorded(double seconds) => _options.Run.Deterministic ? 0 : seconds;
}
