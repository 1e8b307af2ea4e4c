using System.Diagnostics;
using Krewe.Contracts;
using Krewe.Environments;
using Krewe.Learner;

namespace Krewe.Runtime;

/// <summary>
/// The learner's side of a run, wired alike in every host: the learner loop, the record that it keeps, the end of the run and the time
/// trained.
/// </summary>
public sealed class LearnerParts : IDisposable
{
    private readonly RunStop _stop;
    private readonly RunEnd _end;
    private readonly double _secondsBefore;

    /// <summary>Wires a learner; nothing starts.</summary>
    /// <param name="plan">The run.</param>
    /// <param name="registry">Where environments come from.</param>
    /// <param name="network">The network to train, from <see cref="Resuming.Network"/>.</param>
    /// <param name="replay">Where the learner samples.</param>
    /// <param name="policies">Where it publishes.</param>
    /// <param name="counters">The run's counters.</param>
    /// <param name="version">The version published last; the next one is above it.</param>
    /// <param name="resume">The checkpoint to go on from; null starts anew.</param>
    /// <param name="folder">Where checkpoints go; null keeps everything in memory.</param>
    /// <param name="stop">The run's stop.</param>
    /// <param name="progress">Where the run stands; any thread may ask.</param>
    /// <param name="actorRandom">State of each actor's random stream.</param>
    /// <param name="warn">Receives problems that do not end the run, on any thread.</param>
    public LearnerParts(
        RunPlan plan,
        EnvironmentRegistry registry,
        ITrainableQNetwork network,
        IReplay replay,
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
        _secondsBefore = resume?.WallSeconds ?? 0;
        Loop = new LearnerLoop(plan.Options.Learner, plan.Segments, network, replay, policies, counters, version);
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
        _end = new RunEnd(Record, registry, stop, _secondsBefore);
    }

    /// <summary>The learner.</summary>
    public LearnerLoop Loop { get; }

    /// <summary>What the run leaves behind.</summary>
    public RunRecord Record { get; }

    /// <summary>Runs while the run trains.</summary>
    public Stopwatch Clock { get; } = new();

    /// <summary>Seconds trained, with those of earlier parts of the run.</summary>
    public double Seconds => _secondsBefore + Clock.Elapsed.TotalSeconds;

    /// <inheritdoc cref="RunEnd.InFinalEvaluation"/>
    public TimeSpan? InFinalEvaluation => _end.InFinalEvaluation;

    /// <summary>Begins the metrics and publishes the first policy.</summary>
    public void Begin()
    {
        Record.BeginMetrics();
        Loop.Publish();
    }

    /// <summary>Runs actors and learner in turns on this thread, until the budget of steps is used up or the run stops.</summary>
    /// <param name="actors">The actors, in their order.</param>
    /// <param name="completeAppends">Tells replay that nothing more comes.</param>
    public void RunInLockStep(IReadOnlyList<ILockStepActor> actors, Action completeAppends) =>
        LockStepRun.Run(actors, completeAppends, Loop, Record, _stop);

    /// <summary>Starts the thread that does evaluations and checkpoints.</summary>
    public BackgroundWorker<DueWork> StartBackground() => new("krewe-evaluation", due => _stop.Guard(() => Record.Do(due)));

    /// <summary>Learns on this thread until replay is closed or the run stops.</summary>
    /// <param name="background">Does evaluations and checkpoints.</param>
    /// <param name="betweenUpdates">Called before each update, and may block to pause learning until the run stops; null for nothing.</param>
    /// <exception cref="OperationCanceledException">The run stopped while the learner waited.</exception>
    public void Learn(BackgroundWorker<DueWork> background, Action? betweenUpdates = null) =>
        LearnerWork.Run(Loop, Record, background, _stop, betweenUpdates);

    /// <summary>Ends the run: no actor acts and the learner does not learn any more.</summary>
    /// <param name="replay">The content of replay, saved when the run's options ask for it; null for none.</param>
    /// <param name="cancellationToken">The token that interrupts the run; if it has, the final evaluation is left out.</param>
    /// <param name="stopTimeout">How long an environment has to return once the run is interrupted; null for 10 s.</param>
    /// <exception cref="KreweException">What failed first in the whole run.</exception>
    public TrainingResult Complete(ReplayContent? replay, CancellationToken cancellationToken, TimeSpan? stopTimeout = null) =>
        _end.Complete(Seconds, replay, cancellationToken, stopTimeout);

    /// <inheritdoc/>
    public void Dispose()
    {
        Record.Dispose();
        Loop.Dispose();
    }
}
