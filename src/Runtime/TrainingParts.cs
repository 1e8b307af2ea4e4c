using Krewe.Actors;
using Krewe.Contracts;
using Krewe.Environments;
using Krewe.Learner;
using Krewe.Networks;
using Krewe.Replay;

namespace Krewe.Runtime;

/// <summary>Creates replay, policies and actors of a run in one process from its options.</summary>
internal sealed class TrainingParts : IDisposable
{
    public TrainingParts(
        RunPlan plan, EnvironmentRegistry registry, Checkpoint? resume, string? resumeFrom, RunStop stop, Action<string> warn)
    {
        TrainingOptions options = plan.Options;
        Counters = Resuming.Counters(plan, resume);
        Policies = new PolicyBoard(plan.Policy);
        Experience = plan.Feed == FeedKind.Rollouts ? new RolloutQueue(plan.Segments, plan.RolloutSlots) : MakeReplay(plan);
        if (resume?.HasReplay == true && Experience is ShardedReplay replay)
        {
            ShardedReplayFolder.Load(replay, resumeFrom!);
        }

        List<LocalActor> actors = [];
        Actors = actors;
        try
        {
            for (int i = 0; i < options.Actor.Count; i++)
            {
                actors.Add(new LocalActor(
                    new ActorLoop(
                        i,
                        options.Actor,
                        registry.MakeVector(options.Environment.Id, options.Actor.Environments, options.Environment.Kwargs, options.Environment.CheckBounds),
                        Experience,
                        Policies,
                        Counters,
                        Episodes,
                        Resuming.ActorRandom(plan, resume, i),
                        agent: plan.Agent.Kind,
                        priorities: plan.InitialPriorities),
                    stop,
                    options.Run.Deterministic));
            }

            if (options.Run.Deterministic)
            {
                LockStep = new LockStepState(plan, actors, Experience as RolloutQueue, Episodes, Policies);
                bool hasActors = resume?.Files.Contains(LockStepState.FileName) == true;
                ContinuesExactly = hasActors && LockStep.TryLoad(resumeFrom!);
                if (resume is not null && !ContinuesExactly)
                {
                    warn(hasActors
                        ? "the environments, the number of actors or the size of their rollouts have changed since the checkpoint: all episodes start anew"
                        : "the checkpoint does not hold the state of the actors: all episodes start anew, and the run does not end as one that was not interrupted");
                }
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public RunCounters Counters { get; }

    public EpisodeTracker Episodes { get; } = new();

    public PolicyBoard Policies { get; }

    /// <summary>Where the learner publishes.</summary>
    public IPolicySink PolicySink => LockStep is null ? Policies : LockStep;

    /// <summary>Replay, or the queue of rollouts in its place.</summary>
    public IExperienceStore Experience { get; }

    /// <summary>The actors' state; null unless the run is in lock step.</summary>
    public LockStepState? LockStep { get; }

    /// <summary>Whether the run continues a checkpoint in the middle of its episodes, with the policy that its actors had.</summary>
    public bool ContinuesExactly { get; }

    /// <summary>What a checkpoint holds of this besides the learner.</summary>
    public RunContent Content => new(
        () =>
        [
            .. Experience is ShardedReplay replay ? ShardedReplayFolder.FileNames(replay) : [],
            .. SavesActors ? new[] { LockStepState.FileName } : [],
        ],
        folder =>
        {
            if (Experience is ShardedReplay replay)
            {
                ShardedReplayFolder.Save(replay, folder);
            }

            if (SavesActors)
            {
                LockStep!.Save(folder);
            }
        });

    private bool SavesActors => LockStep?.CanSave == true;

    public IReadOnlyList<LocalActor> Actors { get; }

    public void Dispose()
    {
        foreach (LocalActor actor in Actors)
        {
            actor.Dispose();
        }
    }

    private static ShardedReplay MakeReplay(RunPlan plan) => ShardedReplay.Create(
        plan.Segments,
        plan.Options.Replay,
        plan.Selector,
        plan.Options.Learner.Discount,
        plan.LargestAppend,
        largestSample: plan.Options.Learner.BatchSize,
        (ulong)plan.Options.Run.Seed);
}
