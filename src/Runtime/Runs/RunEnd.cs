using Krewe.Actors;
using Krewe.Contracts;
using Krewe.Environments;


namespace Krewe.Runtime;

/// <summary>
/// The end of a run: the evaluation of the final network, the checkpoint to resume from, and the result. Created before the run starts,
/// because speeds are measured over this part of a resumed run only.
/// </summary>
/// <param name="record">The run's record.</param>
/// <param name="registry">Where environments come from.</param>
/// <param name="stop">The run's stop.</param>
/// <param name="secondsBefore">Seconds of training in earlier parts of the run.</param>
public sealed class RunEnd(RunRecord record, EnvironmentRegistry registry, RunStop stop, double secondsBefore)
{
    private readonly long _stepsBefore = record.Counters.EnvironmentSteps;
    private readonly long _updatesBefore = record.Counters.Updates;

    /// <summary>Ends the run; actors and learner must have ended.</summary>
    /// <param name="seconds">Seconds of training, including earlier parts of the run.</param>
    /// <param name="replay">The content of replay, saved when the run's options ask for it; null for none.</param>
    /// <param name="cancellationToken">The token that interrupts the run; if it is cancelled, the final evaluation is skipped.</param>
    /// <exception cref="KreweException">The first failure of the whole run.</exception>
    public TrainingResult Complete(double seconds, ReplayContent? replay, CancellationToken cancellationToken)
    {
        bool interrupted = cancellationToken.IsCancellationRequested;
        if (!stop.IsRequested)
        {
            // An environment that fails only now must not cost the last checkpoint.
            stop.Guard(() => record.Do(record.MakeDue(evaluate: true, save: false)));
        }

        // A diverged network is not worth resuming from: the previous checkpoint is kept. Failing to write the last checkpoint is a failure
        // too, but never hides an earlier one.
        if (stop.Failure is not NonFiniteUpdateException)
        {
            stop.Guard(() => record.WriteLast(replay));
        }

        record.EndMetrics();
        stop.ThrowFailure();
        return Summarize(seconds, interrupted, cancellationToken);
    }

    private TrainingResult Summarize(double seconds, bool interrupted, CancellationToken cancellationToken)
    {
        TrainingOptions options = record.Plan.Options;
        Checkpoint? best = record.LoadBest();
        float[] parameters = (best ?? record.Capture()).Network.Online;
        EvaluationResult? final = interrupted ? null : Evaluate(parameters, cancellationToken);

        double elapsed = Math.Max(seconds - secondsBefore, 1e-9);
        return new TrainingResult
        {
            EnvironmentId = record.Plan.Environment.Id,
            Seed = options.Run.Seed,
            EnvironmentSteps = record.Counters.EnvironmentSteps,
            Updates = record.Counters.Updates,
            WallSeconds = seconds,
            StepsPerSecond = (record.Counters.EnvironmentSteps - _stepsBefore) / elapsed,
            UpdatesPerSecond = (record.Counters.Updates - _updatesBefore) / elapsed,
            SolvedAtSeconds = record.Evaluations.Solved?.Seconds,
            SolvedAtStep = record.Evaluations.Solved?.Step,
            Final = final,
            EvaluationsSkipped = record.Evaluations.Skipped,
            Interrupted = final is null,
            Checkpoint = record.Folder is not { } folder ? null : best is null ? folder.Last : folder.Best,
            BestParameters = parameters,
        };
    }

    /// <returns>Null when it was interrupted: what was trained is whole, only its evaluation is missing.</returns>
    private EvaluationResult? Evaluate(float[] parameters, CancellationToken cancellationToken)
    {
        TrainingOptions options = record.Plan.Options;
        using Evaluator evaluator = Evaluators.Make(record.Plan, registry, options.Evaluation.FinalEpisodes);
        try
        {
            return evaluator.Run(
                parameters,
                options.Evaluation.FinalEpisodes,
                epsilon: 0,
                RandomStreams.DeriveSeed(options.Run.Seed, RandomStream.FinalEvaluation),
                cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }
}
