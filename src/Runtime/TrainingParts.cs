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
    public TrainingParts(RunPlan plan, EnvironmentRegistry registry, Checkpoint? resume, string? resumeFrom, RunStop stop)
    {
        TrainingOptions options = plan.Options;
        Counters = Resuming.Counters(plan, resume);
        Policies = new PolicyBoard(plan.Policy);
        Experience = plan.Feed == FeedKind.Rollouts ? new RolloutQueue(plan.Segments, plan.RolloutSlots) : MakeReplay(plan);
        if (resume is { ReplayFiles.Count: > 0 } && Experience is ShardedReplay replay)
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
                        agent: plan.Agent.Kind),
                    stop));
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

    /// <summary>Replay, or the queue of rollouts in its place.</summary>
    public IExperienceStore Experience { get; }

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
