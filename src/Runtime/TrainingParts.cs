using Krewe.Actors;
using Krewe.Contracts;
using Krewe.Environments;
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
        Policies = new PolicyBoard(plan.Network);
        Replay = ShardedReplay.Create(
            plan.Segments,
            options.Replay,
            plan.Selector,
            options.Learner.Discount,
            plan.LargestAppend,
            largestSample: options.Learner.BatchSize,
            (ulong)options.Run.Seed);
        if (resume is { ReplayFiles.Count: > 0 })
        {
            ShardedReplayFolder.Load(Replay, resumeFrom!);
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
                        Replay,
                        Policies,
                        Counters,
                        Episodes,
                        Resuming.ActorRandom(plan, resume, i)),
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

    public ShardedReplay Replay { get; }

    public IReadOnlyList<LocalActor> Actors { get; }

    public void Dispose()
    {
        foreach (LocalActor actor in Actors)
        {
            actor.Dispose();
        }
    }
}
