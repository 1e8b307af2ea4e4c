using Krewe.Runtime;
using Krewe.Tests;

namespace Krewe.Cluster.Tests;

/// <summary>Options of runs that last until the test stops them.</summary>
internal static class Endless
{
    public static TrainingOptions Run(int actors = 2, int shards = 2)
    {
        TrainingOptions options = Sessions.Small("CartPole-v1", steps: 1_000_000_000, deterministic: false);
        options.Actor.Count = actors;
        options.Replay.Shards = shards;
        options.Evaluation.Interval = 1_000_000_000;
        options.Run.CheckpointInterval = 1_000_000_000;
        return options;
    }
}
