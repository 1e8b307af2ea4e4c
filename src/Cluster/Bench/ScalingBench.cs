using Krewe.Cluster.Learning;
using Krewe.Cluster.Placement;
using Krewe.Contracts.Grains;
using Krewe.Contracts.Options;
using Krewe.Contracts.Replay;
using Krewe.Contracts.Runs;
using Krewe.Hosting.Bench;
using Microsoft.Extensions.Logging.Abstractions;

namespace Krewe.Cluster.Bench;

/// <summary>Many actors on an environment that only sleeps: what the machinery around them costs, and whether the learner feels them.</summary>
internal static class ScalingBench
{
    // Six processes on two cores are busy compiling for that long: measured at once, the learner had half the speed that it has then.
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(60);

    public static async IAsyncEnumerable<BenchRow> Run()
    {
        foreach (int actors in new[] { 1, 16, 64, 256 })
        {
            double[] rates = await Acting(actors);
            double ideal = actors * 1000.0 / SleepEnvironment.StepMilliseconds;
            yield return BenchRuns.Row("scaling", $"{actors} actors on an environment that sleeps 10 ms a step, against ideal", [.. rates.Select(rate => rate / ideal)], "ratio", 0.95);
        }

        // A small network's learner and its replay alone take nearly two cores: what it loses to actors there is the processor's. A larger
        // one computes on one core and leaves the other to all the rest.
        foreach (int width in new[] { 64, 256 })
        {
            (double[] alone, _) = await Learning(actors: 0, width);
            (double[] together, double[] steps) = await Learning(actors: 256, width);
            string network = $"4-{width}-{width}-2, batch 64";
            yield return BenchRuns.Row("scaling", $"learner alone, {network}", alone, "updates/s", null);
            yield return BenchRuns.Row("scaling", "learner with 256 such actors on 4 actor silos", together, "updates/s", null);
            yield return BenchRuns.Row("scaling", "their steps meanwhile", steps, "steps/s", null);
            double ratio = BenchRuns.Median(together) / BenchRuns.Median(alone);
            yield return new BenchRow("scaling", $"learner with them against alone, {network}", ratio, "ratio", together.Min() / alone.Max(), together.Max() / alone.Min(), 0.95);
        }
    }

    private static TrainingOptions Sleeping(int actors)
    {
        TrainingOptions options = BenchRuns.CartPole(actors, environments: 1);
        options.Environment.Id = "Sleep-v0";
        options.Actor.SegmentLength = 16;
        options.Replay.MinSize = 1;
        options.Learner.BatchSize = 64;
        return options;
    }

    private static async Task<double[]> Acting(int actors)
    {
        await using BenchCluster cluster = await BenchCluster.Start(SiloRoles.Replay, SiloRoles.Actor);
        var (plan, run) = await cluster.Submit(Sleeping(actors));
        string runId = run.GetPrimaryKeyString();
        await using var replay = new PrefetchingReplay(plan, cluster.Shards(runId, 1), new RunCounters(), NullLogger.Instance);
        using var consumer = new Consumer(replay, new SampledBatch(plan.Segments, plan.Options.Learner.BatchSize));
        await BenchCluster.WaitForActors(run, actors);
        await cluster.Publish(runId, 0, BenchRuns.Parameters(plan));
        double[][] rates = await BenchRuns.Rates(() => [(run.GetStatus().GetAwaiter().GetResult())!.Figures.EnvironmentSteps], seconds: 2, windows: 5);
        return rates[0];
    }

    /// <summary>Updates per second while actors step as fast as they can: the limiter holds nobody back, or there would be nothing to feel.</summary>
    private static async Task<(double[] Updates, double[] Steps)> Learning(int actors, int width)
    {
        SiloRoles[] elsewhere = [SiloRoles.Replay, .. Enumerable.Repeat(SiloRoles.Actor, actors > 0 ? 4 : 1)];
        await using BenchCluster cluster = await BenchCluster.Start(SiloRoles.Learner, elsewhere);
        TrainingOptions options = Sleeping(Math.Max(1, actors));
        options.Replay.Capacity = 100_000;
        options.Replay.ErrorBuffer = 1e15;
        options.Network.Hidden = [width, width];
        (_, ITrainingRunGrain run) = await cluster.Submit(options);
        await BenchCluster.WaitForActors(run, Math.Max(1, actors));
        while ((await run.GetStatus())!.Figures.Updates < 1000)
        {
            await Task.Delay(50);
        }

        await Task.Delay(WarmUp);
        double[][] rates = await BenchRuns.Rates(() =>
        {
            RunFigures figures = run.GetStatus().GetAwaiter().GetResult()!.Figures;
            return [figures.Updates, figures.EnvironmentSteps];
        });
        return (rates[0], rates[1]);
    }
}
