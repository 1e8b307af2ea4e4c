using Krewe.Actors;
using Krewe.Contracts;
using Krewe.Environments;
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
        Replay = ShardedReplay.Create(
            plan.Segments,
            options.Replay,
            plan.Selector,
            options.Learner.Discount,
            plan.LargestAppend,
            largestSample: options.Learner.BatchSize,
            (ulong)options.Run.Seed);
        if (resume?.HasReplay == true)
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
                        Resuming.ActorRandom(plan, resume, i),
                        agent: plan.Agent.Kind),
                    stop,
                    options.Run.Deterministic));
            }

            if (options.Run.Deterministic)
            {
                LockStep = new LockStepState(plan, actors, Episodes, Policies);
                ContinuesExactly = resume?.Files.Contains(LockStepState.FileName) == true && LockStep.TryLoad(resumeFrom!);
                if (!ContinuesExactly && resume?.Files.Contains(LockStepState.FileName) == true)
                {
                    warn("the environments or the number of actors have changed since the checkpoint: all episodes start anew");
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

    public ShardedReplay Replay { get; }

    /// <summary>The actors' state; null unless the run is in lock step.</summary>
    public LockStepState? LockStep { get; }

    /// <summary>Whether the run continues a checkpoint in the middle of its episodes, with the policy that its actors had.</summary>
    public bool ContinuesExactly { get; }

    /// <summary>What a checkpoint holds of this besides the learner.</summary>
    public RunContent Content => new(
        () => [.. ShardedReplayFolder.FileNames(Replay), .. LockStep?.CanSave == true ? new[] { LockStepState.FileName } : []],
        folder =>
        {
            ShardedReplayFolder.Save(Replay, folder);
            if (LockStep?.CanSave == true)
            {
                LockStep.Save(folder);
            }
        });

    public IReadOnlyList<LocalActor> Actors { get; }

    public void Dispose()
    {
        foreach (LocalActor actor in Actors)
        {
            actor.Dispose();
        }
    }
}
