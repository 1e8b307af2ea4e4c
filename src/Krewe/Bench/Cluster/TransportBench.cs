using Krewe.Actors;
using Krewe.Cluster;
using Krewe.Contracts;
using Krewe.Environments;
using Krewe.Networks;
using Krewe.Replay;
using Krewe.Runtime;
using Microsoft.Extensions.Logging.Abstractions;

namespace Krewe.Cli;

/// <summary>CartPole transitions from actors into replay and out to a consumer: between processes, in one silo, and without grains.</summary>
internal static class TransportBench
{
    private const int Environments = 64;

    public static async IAsyncEnumerable<BenchRow> Run()
    {
        int cores = System.Environment.ProcessorCount;
        int actors = 2 * cores;
        (double[] between, double[] bytes) = await Cluster(actors, SiloRoles.Replay, SiloRoles.Actor);
        yield return BenchRuns.Row("transport", $"CartPole: actor silo -> replay silo -> consumer, two processes, {actors} actors x {Environments}", between, "transitions/s", 1.5e6);
        yield return BenchRuns.Row("transport", "bytes on the loopback interface, all headers and messages", bytes, "bytes/transition", 32, lowerIsBetter: true);

        // In turns, so that other load on the machine affects both.
        double[] ratios = new double[3];
        double[] silo = [], alone = [];
        for (int i = 0; i < ratios.Length; i++)
        {
            (double[] here, double[] _) = await Cluster(actors, SiloRoles.Replay | SiloRoles.Actor);
            double[] process = await InProcess(cores);
            ratios[i] = BenchRuns.Median(here) / BenchRuns.Median(process);
            (silo, alone) = ([.. silo, .. here], [.. alone, .. process]);
        }

        yield return BenchRuns.Row("transport", $"the same in one silo, {actors} actors", silo, "transitions/s", null);
        yield return BenchRuns.Row("transport", $"the same in one process without grains, {cores} actors", alone, "transitions/s", null);
        yield return BenchRuns.Row("transport", "one silo against one process without grains", ratios, "ratio", 0.8);
    }

    private static async Task<(double[] Rates, double[] Bytes)> Cluster(int actors, SiloRoles here, params BenchSilo[] elsewhere)
    {
        await using BenchCluster cluster = await BenchCluster.Start(here, elsewhere);
        var (plan, run) = await cluster.Submit(BenchRuns.CartPole(actors, Environments));
        string runId = run.GetPrimaryKeyString();
        await using var replay = new PrefetchingReplay(plan, cluster.Shards(runId, plan.Options.Replay.Shards), new RunCounters(), NullLogger.Instance);
        using var consumer = new Consumer(replay, new SampledBatch(plan.Segments, plan.Options.Learner.BatchSize));
        await BenchCluster.WaitForActors(run, actors);
        await cluster.Publish(runId, 0, BenchRuns.Balancing(plan));
        double[][] rates = await BenchRuns.Rates(() => [consumer.Consumed, BenchRuns.LoopbackBytes()]);
        return (rates[0], [.. rates[0].Select((rate, i) => rates[1][i] / rate)]);
    }

    private static async Task<double[]> InProcess(int actors)
    {
        EnvironmentRegistry registry = EnvironmentRegistry.CreateDefault();
        RunPlan plan = RunPlan.Create(BenchRuns.CartPole(actors, Environments), registry);
        var options = plan.Options;
        var replay = ShardedReplay.Create(
            plan.Segments, options.Replay, plan.Selector, options.Learner.Discount, plan.LargestAppend, options.Learner.BatchSize, seed: 0);
        var policies = new PolicyBoard(plan.Policy);
        policies.Publish(0, BenchRuns.Balancing(plan));
        var counters = new RunCounters();
        using var consumer = new Consumer(replay, new SampledBatch(plan.Segments, options.Learner.BatchSize));
        Thread[] threads = [.. Enumerable.Range(0, actors).Select(i => new Thread(() =>
        {
            using var actor = new ActorLoop(
                i,
                options.Actor,
                registry.MakeVector(options.Environment.Id, options.Actor.Environments),
                replay,
                policies,
                counters,
                new EpisodeTracker(),
                BenchData.ActorRandom(i));
            while (actor.Collect() && actor.Push(Timeout.InfiniteTimeSpan, CancellationToken.None) == AppendStatus.Stored)
            {
                // Until replay is closed.
            }
        })
        { IsBackground = true })];
        foreach (Thread thread in threads)
        {
            thread.Start();
        }

        double[][] rates = await BenchRuns.Rates(() => [consumer.Consumed]);
        replay.Close();
        foreach (Thread thread in threads)
        {
            thread.Join();
        }

        return rates[0];
    }
}
