using System.Diagnostics;
using Krewe.Cluster;
using Krewe.Contracts;
using Krewe.Contracts.Grains;
using Microsoft.Extensions.Logging.Abstractions;

namespace Krewe.Cli;

/// <summary>Latency of status and commands of a run whose actors use the whole machine.</summary>
internal static class ControlBench
{
    private const int Calls = 200;
    private const int Pauses = 20;

    public static async IAsyncEnumerable<BenchRow> Run()
    {
        int actors = 2 * System.Environment.ProcessorCount;
        await using BenchCluster cluster = await BenchCluster.Start(SiloRoles.Replay, SiloRoles.Actor);
        var (plan, run) = await cluster.Submit(BenchRuns.CartPole(actors, environments: 64));
        string runId = run.GetPrimaryKeyString();
        await using var replay = new PrefetchingReplay(plan, cluster.Shards(runId, 1), new RunCounters(), NullLogger.Instance);
        using var consumer = new Consumer(replay, new SampledBatch(plan.Segments, plan.Options.Learner.BatchSize));
        await BenchCluster.WaitForActors(run, actors);
        await cluster.Publish(runId, 0, BenchRuns.Parameters(plan));
        await BenchRuns.Rates(() => [consumer.Consumed], windows: 1);
        yield return await Time("status", Calls, () => run.GetStatus());
        yield return await Time("the actor grain itself answers", Calls, () => cluster.Grains.GetGrain<IActorGrain>(0, runId).Start(actors));
        yield return await Time("pause, until no actor acts", Pauses, () => Pause(cluster, run), after: run.Resume);
    }

    /// <summary>From the command until the last actor silo has passed it on and the consumer's replay has received its last append.</summary>
    private static async Task Pause(BenchCluster cluster, ITrainingRunGrain run)
    {
        await run.Pause();
        string runId = run.GetPrimaryKeyString();
        IReplayShardGrain shard = cluster.Grains.GetGrain<IReplayShardGrain>(0, runId);
        long inserted = -1;
        while ((await shard.GetStatus()).InsertedHere is var now && now != inserted)
        {
            inserted = now;
            await Task.Delay(5);
        }
    }

    private static async Task<BenchRow> Time(string name, int times, Func<Task> action, Func<Task>? after = null)
    {
        var milliseconds = new double[times];
        for (int i = 0; i < times; i++)
        {
            long began = Stopwatch.GetTimestamp();
            await action();
            milliseconds[i] = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
            if (after is not null)
            {
                await after();
            }

            await Task.Delay(10 + (i % 5));
        }

        Array.Sort(milliseconds);
        return new BenchRow(
            "control", $"{name}, at full load, largest of {times} (median, p99)", milliseconds[^1], "ms", milliseconds[times / 2], milliseconds[(int)(0.99 * times)], 100, LowerIsBetter: true);
    }
}
