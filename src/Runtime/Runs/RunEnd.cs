using Krewe.Actors;
using Krewe.Contracts;
using Krewe.Environments;

namespace Krewe.Runtime;

/// <summary>
/// The end of a run: the evaluation of the final network, the checkpoint to resume from, and the result. Created before the run starts,
/// because the speeds are those of this part of a resumed run only.
/// </summary>
/// <param name="record">The run's record.</param>
/// <param name="registry">Creates the environments.</param>
/// <param name="stop">The run's stop.</param>
/// <param name="secondsBefore">Seconds of training in earlier parts of the run.</param>
public sealed class RunEnd(RunRecord record, EnvironmentRegistry registry, RunStop stop, double secondsBefore)
{
    private readonly long _stepsBefore = record.Counters.EnvironmentSteps;
    private readonly long _updatesBefore = record.Counters.Updates;
    private volatile Evaluator? _final;

    /// <summary>How long the current step of the final evaluation's environments has taken; null when there is none. Thread-safe.</summary>
    public TimeSpan? InFinalEvaluation => _final?.InEnvironments;

    /// <summary>Ends the run; actors and learner must have ended.</summary>
    /// <param name="seconds">Seconds of training, including earlier parts of the run.</param>
    /// <param name="cancellationToken">The token that interrupts the run; if it is cancelled, the final evaluation is skipped.</param>
    /// <param name="stopTimeout">
    /// How long an environment has to return once the run is interrupted; its evaluation is abandoned then. Null for 10 s.
    /// </param>
    /// <exception cref="KreweException">The first failure of the whole run.</exception>
    public TrainingResult Complete(double seconds, CancellationToken cancellationToken, TimeSpan? stopTimeout = null)
    {
        try
        {
            return End(seconds, stopTimeout ?? RunThreads.DefaultTimeout, cancellationToken);
        }
        catch (Exception e)
        {
            record.WriteFailure(e.Message);
            throw;
        }
    }

    /// <summary>Writes the last checkpoint of this part of a run, without a final evaluation; actors and learner must have ended.</summary>
    /// <exception cref="KreweException">The first failure of the whole run.</exception>
    public void Suspend()
    {
        WriteLast(isComplete: false);
        stop.ThrowFailure();
    }

    /// <summary>An evaluation whose environments have not returned, for messages; null when there is none.</summary>
    internal string? Hangs => record.InEvaluation is null && InFinalEvaluation is null
        ? null
        : $"an evaluation, whose environments ({record.Plan.Environment.Id}) have not returned";

    private TrainingResult End(double seconds, TimeSpan stopTimeout, CancellationToken cancellationToken)
    {
        // The run's own stop is also requested when the environment is solved, which must not cancel the final evaluation.
        using var interrupt = new RunStop();
        using CancellationTokenRegistration registration = cancellationToken.Register(interrupt.Request);
        var threads = new RunThreads(interrupt, stopTimeout, () => Hangs, message => record.Warned?.Invoke(message));
        if (!stop.IsRequested)
        {
            // An environment that fails here must not prevent the last checkpoint.
            threads.Join(threads.Start("krewe-last-evaluation", () => stop.Guard(() => record.Do(record.MakeDue(evaluate: true, save: false)))));
        }

        Checkpoint? last = WriteLast(stop.Failure is null && !cancellationToken.IsCancellationRequested);
        record.EndMetrics();
        stop.ThrowFailure();
        return Summarize(last ?? throw new KreweException("the last checkpoint was not written: the run was cancelled while its state was read"), seconds, threads, interrupt);
    }

    /// <summary>
    /// A diverged network is not worth resuming from: the previous checkpoint is kept. Failing to write the checkpoint is a failure too, but
    /// never hides an earlier one.
    /// </summary>
    /// <returns>The checkpoint; null if it was not written.</returns>
    private Checkpoint? WriteLast(bool isComplete)
    {
        Checkpoint? last = null;
        if (stop.Failure is not NonFiniteUpdateException)
        {
            stop.Guard(() => last = record.WriteLast(isComplete));
        }

        return last;
    }

    /// <summary>The result has the figures of the last checkpoint: the counters of a run on grains may still change.</summary>
    private TrainingResult Summarize(Checkpoint last, double seconds, RunThreads threads, RunStop interrupt)
    {
        TrainingOptions options = record.Plan.Options;
        Checkpoint? best = record.LoadBest();
        float[] parameters = (best ?? last).State.Parameters;
        float[][] networks = last.State.Parameters.AsSpan().SequenceEqual(parameters) ? [parameters] : [parameters, last.State.Parameters];
        EvaluationResult[]? final = interrupt.IsRequested ? null : Evaluate(networks, threads, interrupt);

        double elapsed = Math.Max(seconds - secondsBefore, 1e-9);
        return new TrainingResult
        {
            EnvironmentId = record.Plan.Environment.Id,
            Seed = options.Run.Seed,
            EnvironmentSteps = last.EnvironmentSteps,
            Updates = last.Updates,
            WallSeconds = seconds,
            StepsPerSecond = (last.EnvironmentSteps - _stepsBefore) / elapsed,
            UpdatesPerSecond = (last.Updates - _updatesBefore) / elapsed,
            Resumed = _stepsBefore > 0,
            SolvedAtSeconds = record.Evaluations.Solved?.Seconds,
            SolvedAtStep = record.Evaluations.Solved?.Step,
            Final = final?[0],
            Last = final?[^1],
            EvaluationsSkipped = record.Evaluations.Skipped,
            Interrupted = final is null,
            Checkpoint = record.Folder is not { } folder ? null : best is null ? folder.Last : folder.Best,
            BestParameters = parameters,
        };
    }

    /// <returns>The results; null if the evaluation was interrupted.</returns>
    private EvaluationResult[]? Evaluate(float[][] networks, RunThreads threads, RunStop interrupt)
    {
        TrainingOptions options = record.Plan.Options;
        EvaluationResult[]? results = null;
        bool ended = threads.Join(threads.Start("krewe-final-evaluation", () =>
        {
            // Disposed by this thread, which may be abandoned while it uses the evaluator.
            using Evaluator evaluator = Create();
            _final = evaluator;
            results = [.. networks.Select(parameters => evaluator.Run(
                parameters,
                options.Evaluation.FinalEpisodes,
                epsilon: 0,
                RandomStreams.DeriveSeed(options.Run.Seed, RandomStream.FinalEvaluation),
                interrupt.Token))];
        }));
        interrupt.ThrowFailure();
        return ended ? results : null;

        Evaluator Create()
        {
            try
            {
                return Evaluators.Make(record.Plan, registry, options.Evaluation.FinalEpisodes);
            }
            catch (InvalidOptionException e)
            {
                // The environment could be created when the run began: this is no invalid request any more.
                throw new EnvironmentFaultException(e.Message, e);
            }
        }
    }
}
