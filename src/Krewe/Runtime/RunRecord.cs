using System.Diagnostics;
using Krewe.Actors.Evaluation;
using Krewe.Contracts.Networks;
using Krewe.Contracts.Options;
using Krewe.Contracts.Random;
using Krewe.Contracts.Telemetry;
using Krewe.Learner.Checkpoints;
using Krewe.Replay;

namespace Krewe;

/// <summary>
/// What a run leaves behind: evaluations on schedule, the best network, checkpoints. <see cref="TakeDue"/>, <see cref="PutOff"/> and
/// <see cref="Capture"/> belong to the learner's thread, <see cref="Do"/> to whichever thread does the due work; the two may differ.
/// </summary>
internal sealed class RunRecord : IDisposable
{
    private readonly TrainingOptions _options;
    private readonly TrainingParts _parts;
    private readonly RunFolder? _folder;
    private readonly Func<double> _seconds;
    private readonly RunStop _stop;
    private readonly Evaluator _evaluator;
    private long _nextCheckpoint;

    public RunRecord(
        TrainingOptions options, TrainingParts parts, EvaluationTracker tracker, Evaluator evaluator, RunFolder? folder, RunStop stop, Func<double> seconds)
    {
        _options = options;
        _parts = parts;
        _folder = folder;
        _seconds = seconds;
        _stop = stop;
        Evaluations = tracker;
        _evaluator = evaluator;
        _nextCheckpoint = parts.Counters.EnvironmentSteps + options.Run.CheckpointInterval;
    }

    /// <summary>Called after each evaluation, on the thread that did it.</summary>
    public Action<EvaluationReport>? Evaluated { get; set; }

    public EvaluationTracker Evaluations { get; }

    /// <summary>The best network so far; null before the first evaluation of this part of the run.</summary>
    public Checkpoint? Best { get; private set; }

    /// <summary>What is due at the present number of environment steps; null for nothing.</summary>
    public DueWork? TakeDue()
    {
        long steps = _parts.Counters.EnvironmentSteps;
        bool evaluate = Evaluations.TakeDue(steps);
        bool save = steps >= _nextCheckpoint;
        if (save)
        {
            _nextCheckpoint = steps + _options.Run.CheckpointInterval;
        }

        return evaluate || save ? new DueWork(Capture(), evaluate, save) : null;
    }

    /// <summary>Due work that nobody had time for: its evaluation is left out, its checkpoint is due again.</summary>
    public void PutOff(DueWork due)
    {
        if (due.Save)
        {
            _nextCheckpoint = due.Captured.EnvironmentSteps;
        }
    }

    public void Do(DueWork due)
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

    public Checkpoint Capture()
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
            WallSeconds = Recorded(_seconds()),
            ActorRandom = [.. _parts.Actors.Select(actor => actor.RandomState)],
            KreweVersion = KreweVersion.Current,
        };
    }

    /// <summary>Writes the checkpoint that a resumed run goes on from; nobody acts or learns any more.</summary>
    public void WriteLast()
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

    /// <summary>The best network, from the folder when this part of a resumed run found nothing better; null when there is none.</summary>
    public Checkpoint? LoadBest()
    {
        if (Best is null && _folder is not null && Directory.Exists(_folder.Best))
        {
            Best = CheckpointFolder.Read(_folder.Best);
        }

        return Best;
    }

    public void Dispose() => _evaluator.Dispose();

    private static void Save(string? path, Checkpoint checkpoint, Action<string>? writeReplay = null)
    {
        if (path is not null)
        {
            using Activity? span = KreweTelemetry.Spans.StartActivity(SpanNames.Checkpoint);
            CheckpointFolder.Write(path, checkpoint, writeReplay);
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

        double seconds = _seconds();
        (bool isBest, bool isFirstSolved) = Evaluations.Record(result, seconds, captured.EnvironmentSteps);
        if (isBest)
        {
            Best = WithEvaluations(captured, result.Mean);
            Save(_folder?.Best, Best);
        }

        var report = new EvaluationReport(seconds, captured.EnvironmentSteps, captured.Updates, result, isBest);
        _folder?.AppendEvaluation(report);
        Evaluated?.Invoke(report);
        if (isFirstSolved && _options.Run.UntilSolved)
        {
            _stop.Request();
        }
    }

    private Checkpoint WithEvaluations(Checkpoint captured, double? mean) => captured with
    {
        EvaluationMean = mean,
        BestMean = Evaluations.Best,
        Solved = Evaluations.Solved is { } solved ? new SolvedAt(Recorded(solved.Seconds), solved.Step) : null,
    };

    /// <summary>Seconds differ from run to run: a checkpoint that is to be the same byte for byte holds none.</summary>
    private double Recorded(double seconds) => _options.Run.Deterministic ? 0 : seconds;
}
