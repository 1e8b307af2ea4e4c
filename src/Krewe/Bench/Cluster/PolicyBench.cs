using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using Krewe.Cluster;
using Krewe.Contracts;
using Krewe.Contracts.Grains;
using Krewe.Runtime;
using Microsoft.Extensions.Logging.Abstractions;

namespace Krewe.Cli;

/// <summary>Latency from a policy's publication to the first action with it on another silo at full speed.</summary>
internal static class PolicyBench
{
    private const int Policies = 300;

    public static async IAsyncEnumerable<BenchRow> Run()
    {
        await using BenchCluster cluster = await BenchCluster.Start(SiloRoles.Replay, new BenchSilo(SiloRoles.Actor) { WatchesVersions = true });
        var acted = new ConcurrentDictionary<long, long>();
        cluster.Children[0].OutputDataReceived += (_, line) => Note(line.Data, acted);
        cluster.Children[0].BeginOutputReadLine();
        TrainingOptions options = BenchRuns.CartPole(actors: 2, environments: 16);
        options.Network.Hidden = ImmutableArray.Create(256, 256);
        (RunPlan plan, ITrainingRunGrain run) = await cluster.Submit(options);
        string runId = run.GetPrimaryKeyString();
        await using var replay = new PrefetchingReplay(plan, cluster.Shards(runId, 1), new RunCounters(), NullLogger.Instance);
        using var consumer = new Consumer(replay, new SampledBatch(plan.Segments, plan.Options.Learner.BatchSize));
        await BenchCluster.WaitForActors(run, 2);
        float[] parameters = BenchRuns.Parameters(plan);
        double[] milliseconds = await Measure(cluster, runId, parameters, acted);
        yield return new BenchRow(
            "policy",
            $"publish -> every actor of another silo acts with it, {plan.Policy}, p99 of {Policies} (median to largest)",
            milliseconds[(int)(0.99 * milliseconds.Length)],
            "ms",
            milliseconds[milliseconds.Length / 2],
            milliseconds[^1],
            50,
            LowerIsBetter: true);
    }

    private static async Task<double[]> Measure(BenchCluster cluster, string runId, float[] parameters, ConcurrentDictionary<long, long> acted)
    {
        await using var broadcaster = new PolicyBroadcaster(runId, parameters.Length, cluster.Directory, cluster.Silos, NullLogger.Instance);
        var published = new long[Policies + 1];
        for (int version = 0; version <= Policies; version++)
        {
            published[version] = Stopwatch.GetTimestamp();
            broadcaster.Publish(version, parameters);

            // Not a multiple of any period, so that the silo is not always hit at the same phase.
            await Task.Delay(version == 0 ? 2000 : 17 + (version % 7));
        }

        await Task.Delay(500);
        return [.. Enumerable.Range(1, Policies)
            .Where(version => acted.ContainsKey(version))
            .Select(version => Stopwatch.GetElapsedTime(published[version], acted[version]).TotalMilliseconds)
            .Order()];
    }

    private static void Note(string? line, ConcurrentDictionary<long, long> acted)
    {
        if (line?.Split(' ') is ["acts", { } version, { } at])
        {
            acted[long.Parse(version, CultureInfo.InvariantCulture)] = long.Parse(at, CultureInfo.InvariantCulture);
        }
    }
}
