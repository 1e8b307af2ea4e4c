using Krewe.Contracts;
using Krewe.Environments;
using Krewe.Learner;
using Krewe.Replay;

namespace Krewe.Runtime;

/// <summary>
/// The learner's side of a run, the same in every host: the learner loop, the run's record, its end, and the training clock.
/// </summary>
public sealed class LearnerParts : IDisposable
{
    private readonly RunStop _stop;
    private readonly RunEnd _end;

    /// <summary>Creates a learner; nothing starts.</summary>
    /// <param name="plan">The run.</param>
    /// <param name="registry">Where environments come from.</param>
    /// <param name="createNetwork">Creates a network to train; null for the managed backend's.</param>
    /// <param name="experience">What feeds the learner.</param>
    /// <param name="policies">Where it publishes.</param>
    /// <param name="counters">The run's counters.</param>
    /// <param name="version">The version published last; the next one is above it.</param>
    /// <param name="resume">The checkpoint to resume from; null starts a new run.</param>
    /// <param name="folder">The folder for checkpoints; null keeps everything in memory.</param>
    /// <param name="stop">The run's stop.</param>
    /// <param name="progress">Returns the run's progress. Thread-safe.</param>
    /// <param name="actorRandom">State of each actor's random stream.</param>
    /// <param name="warn">Receives problems that do not end the run, on any thread.</param>
    /// <exception cref="KreweException">The agent's learner could not be created, or the checkpoint does not fit it.</exception>
    public LearnerParts(
        RunPlan plan,
        EnvironmentRegistry registry,
        CreateNetwork? createNetwork,
        IExperience experience,
        IPolicySink policies,
        RunCounters counters,
        long version,
        Checkpoint? resume,
        RunFolder? folder,
        RunStop stop,
        Func<TrainingProgress> progress,
        Func<IReadOnlyList<Pcg64State>> actorRandom,
        Action<string> warn)
    {
        _stop = stop;
        double secondsBefore = resume?.WallSeconds ?? 0;
        Clock = new TrainingClock(secondsBefore);
        if (experience is IReplay { UsesPriorities: true } replay)
        {
            experience = new ImportanceWeightedReplay(replay, plan.Options.Replay.ImportanceExponent, counters);
        }

        Loop = CreateLearner(plan, new LearnerContext
        {
            Seed = plan.Options.Run.Seed,
            Options = plan.Options.Learner,
            AgentOptions = plan.AgentOptions,
            Environment = plan.Environment,
            Segments = plan.Segments,
            Policy = plan.Policy,
            CreateNetwork = Resuming.CreateNetwork(plan, createNetwork),
            RolloutSlots = plan.RolloutSlots,
            Experience = experience,
            Policies = policies,
            Counters = counters,
            Version = version,
        });
        try
        {
            resume?.State.Restore(Loop.Visit);
            Record = new RunRecord(
                plan,
                Loop,
                counters,
                Resuming.Evaluations(plan, resume, folder, warn),
                Evaluators.Make(plan, registry, plan.Options.Evaluation.Episodes),
                folder,
                stop,
                progress,
                actorRandom)
            {
                Warned = warn,
            };
        }
        catch
        {
            // The environments of the evaluations are the user's code.
            Loop.Dispose();
            throw;
        }

        _end = new RunEnd(Record, registry, stop, secondsBefore);
    }

    /// <summary>The learner.</summary>
    public ILearner Loop { get; }

    /// <summary>The run's evaluations, checkpoints and metrics.</summary>
    public RunRecord Record { get; }

    /// <summary>How long an evaluation's environments have to return after a stop was requested; it is abandoned then.</summary>
    public TimeSpan StopTimeout { get; set; } = RunThreads.DefaultTimeout;

    /// <summary>The time trained.</summary>
    public TrainingClock Clock { get; }

    /// <inheritdoc cref="RunEnd.InFinalEvaluation"/>
    public TimeSpan? InFinalEvaluation => _end.InFinalEvaluation;

    /// <summary>Begins the record and publishes the first policy.</summary>
    /// <param name="publish">Whether to publish; false if the actors of a resumed run continue with the policy that they had.</param>
    public void Begin(bool publish = true)
    {
        Record.Begin();
        if (publish)
        {
            Loop.Publish();
        }
    }

    /// <summary>
    /// Runs actors and learner in turns until the budget of steps is spent or the run stops. They run on a separate thread, which is
    /// abandoned if an environment hangs after the stop.
    /// </summary>
    /// <param name="actors">The actors, in their order.</param>
    /// <param name="completeAppends">Tells replay that there will be no more appends.</param>
    /// <param name="threads">The run's threads, which know the actors' environments; null if the actors are remote.</param>
    /// <param name="turn">Whose turn it is; null starts with the first actor.</param>
    public void RunInLockStep(
        IReadOnlyList<ILockStepActor> actors, Action completeAppends, RunThreads? threads = null, LockStepTurn? turn = null)
    {
        threads ??= Threads();
        threads.Join(threads.Start("krewe-lock-step", () => LockStepRun.Run(actors, completeAppends, Loop, Record, _stop, turn)));
    }

    /// <summary>
    /// Learns on the calling thread until replay is closed or the run stops. Evaluations and checkpoints run on another thread, which is
    /// abandoned if an environment hangs after the stop.
    /// </summary>
    /// <param name="betweenUpdates">Called before each update; may block to pause, but not beyond the run's stop. Null for none.</param>
    public void Learn(Action? betweenUpdates = null)
    {
        using var background = new BackgroundWorker<DueWork>("krewe-evaluation", due => _stop.Guard(() => Record.Do(due)));

        // A failure stops the run first, so that the wait for a hanging evaluation times out.
        _stop.Guard(() => LearnerWork.Run(Loop, Record, background, _stop, betweenUpdates));
        background.Complete();
        if (!Threads().Join(background.Ended))
        {
            background.Abandon();
        }
    }

    /// <summary>Ends the run; actors and learner must have ended.</summary>
    /// <param name="cancellationToken">The token that interrupts the run; if it is cancelled, the final evaluation is skipped.</param>
    /// <exception cref="KreweException">The first failure of the whole run.</exception>
    public TrainingResult Complete(CancellationToken cancellationToken) => _end.Complete(Clock.Seconds, cancellationToken, StopTimeout);

    /// <summary>Ends this part of a run that another process continues: writes its last checkpoint. Actors and learner must have ended.</summary>
    /// <exception cref="KreweException">The first failure of the whole run.</exception>
    public void Suspend() => _end.Suspend();

    /// <inheritdoc/>
    public void Dispose()
    {
        Record.Dispose();
        Loop.Dispose();
    }

    private static ILearner CreateLearner(RunPlan plan, LearnerContext context)
    {
        try
        {
            return plan.Agent.Create(context);
        }
        catch (Exception e) when (e is not KreweException)
        {
            // It may be the user's code. On a cluster, another attempt would end the same way.
            throw new KreweException($"agent.kind {plan.Agent.Kind}: its learner could not be created: {e.GetType().Name}: {e.Message}", e);
        }
    }

    private RunThreads Threads() => new(_stop, StopTimeout, () => _end.Hangs, message => Record.Warned?.Invoke(message));
}
