using System.Globalization;
using Krewe.Contracts.Grains;

namespace Krewe.Cluster.ProcessTests;

/// <summary>A run on a test cluster, watched through the client.</summary>
internal sealed class TestRun(TestCluster cluster, string id)
{
    public const int Shards = 2;

    public string Id => id;

    public string Folder => Path.Combine(cluster.Data, id);

    public ITrainingRunGrain Grain => cluster.Grains.GetGrain<ITrainingRunGrain>(id);

    /// <summary>Submits CartPole with its preset and the given arguments and waits until every role is filled.</summary>
    public static async Task<TestRun> Submit(TestCluster cluster, string id, params string[] more)
    {
        await cluster.Connect();
        (await cluster.Command(
            ["submit", "CartPole-v1", "--run-id", id, "--actors", "4", "--set", "replay.shards=2", .. more])).Ok();
        var run = new TestRun(cluster, id);
        await run.Until("the run begins", TimeSpan.FromSeconds(60), status => IsWhole(status) && status.Figures.Updates > 0);
        return run;
    }

    /// <summary>Whether a run is running with all roles.</summary>
    public static bool IsWhole(RunStatus status) => status is { State: RunState.Running, WaitsFor: null };

    public async Task<RunStatus> Status(int evaluationsAfter = int.MaxValue) =>
        await Grain.GetStatus(evaluationsAfter) ?? throw new InvalidOperationException($"there is no run {id}");

    /// <summary>Waits for a status.</summary>
    public Task<TimeSpan> Until(string phase, TimeSpan limit, Func<RunStatus, bool> condition) =>
        Until(phase, limit, status => Task.FromResult(condition(status)));

    /// <summary>Waits for a status and an additional condition.</summary>
    public async Task<TimeSpan> Until(string phase, TimeSpan limit, Func<RunStatus, Task<bool>> condition)
    {
        RunStatus? last = null;
        return await Poll.Until(phase, limit, async () => await condition(last = await Status()), () => Describe(last));
    }

    public Task<ShardStatus> Shard(int index) => cluster.Grains.GetGrain<IReplayShardGrain>(index, id).GetStatus();

    /// <summary>Returns the silo that hosts a shard.</summary>
    public Task<SiloProcess> SiloOfShard(int index) => SiloOf(cluster.Grains.GetGrain<IReplayShardGrain>(index, id));

    /// <summary>Returns the silo that hosts the run itself.</summary>
    public Task<SiloProcess> SiloOfRun() => SiloOf(Grain);

    private static string Describe(RunStatus? status) => status is null
        ? "no status"
        : string.Create(
            CultureInfo.InvariantCulture,
            $"{status.State}, waits for {status.WaitsFor ?? "nothing"}, {status.Failure}, {status.Figures.EnvironmentSteps} steps, {status.Figures.Updates} updates, actors {string.Join(' ', status.ActorsBySilo)}, {status.ShardsRunning} shards, learner {status.LearnerEpoch} on {status.LearnerSilo}");

    private async Task<SiloProcess> SiloOf(IAddressable grain)
    {
        SiloAddress address = await cluster.Grains.GetGrain<IManagementGrain>(0).GetActivationAddress(grain)
            ?? throw new InvalidOperationException($"no silo hosts {grain}");
        return cluster.Silos.Single(silo => silo.SiloPort == address.Endpoint.Port);
    }
}
