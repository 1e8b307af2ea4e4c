using System.Globalization;
using Krewe.Contracts;
using Krewe.Contracts.Grains;
using Krewe.Learner;
using Krewe.Runtime;

namespace Krewe.Cluster;

/// <summary>Rejects, before anything starts, options that work in one process but not on a cluster or not on this one.</summary>
internal static class ClusterCheck
{
    private const double Giga = 1e9;

    /// <summary>Checks a run.</summary>
    /// <exception cref="InvalidOptionException">The run is not possible on this cluster; the message says why and what to change.</exception>
    public static void Run(RunSpecification specification, RunPlan plan, SiloDirectory directory)
    {
        Require(
            specification.ActorsPerCore is >= 0 and <= 1000,
            $"actors per core {specification.ActorsPerCore}: expected 0 (actor.count actors) to 1000");
        Require(
            specification.SnapshotSeconds == 0 || specification.SnapshotSeconds is >= 1 and <= 86400,
            $"snapshot seconds {specification.SnapshotSeconds}: expected 0 (none), or 1 to 86400");
        Require(
            !plan.Options.Run.SaveReplay,
            $"run.save_replay: not supported on a cluster, where shards save their own content; use --snapshot-seconds");
        Require(
            !plan.Options.Run.Deterministic || specification.ActorsPerCore == 0,
            $"actors per core {specification.ActorsPerCore}: a run in lock step has actor.count actors, expected 0");

        // The shards check this too, but here the message reaches the user.
        if (plan.Feed == FeedKind.Transitions)
        {
            _ = new Replay.RateLimiter(ShardPlan.Limiter(plan));
        }

        CheckMemory(plan, directory.With(SiloRoles.Replay));
    }

    private static void CheckMemory(RunPlan plan, IReadOnlyList<ActiveSilo> silos)
    {
        if (silos.Count == 0)
        {
            // The run waits for one; the shard checks again on its silo.
            return;
        }

        int shards = plan.Options.Replay.Shards;
        int together = (shards + silos.Count - 1) / silos.Count;
        double needed = (double)together * plan.ReplayBytes(ShardPlan.Slots(plan, index: 0));
        ActiveSilo smallest = silos.MinBy(silo => silo.Profile.MemoryBytes)!;
        Require(
            needed <= smallest.Profile.MemoryBytes,
            $"not enough memory for {plan.Environment.Id}: replay.capacity {plan.Options.Replay.Capacity} over replay.shards {shards} on {silos.Count} replay silos needs {needed / Giga:F1} GB on each ({plan.ReplayBytes(slots: 1)} bytes per slot), silo {smallest.Address} has {smallest.Profile.MemoryBytes / Giga:F1} GB: lower replay.capacity or add replay silos");
    }

    private static void Require(bool condition, FormattableString message)
    {
        if (!condition)
        {
            throw new InvalidOptionException(message.ToString(CultureInfo.InvariantCulture));
        }
    }
}
