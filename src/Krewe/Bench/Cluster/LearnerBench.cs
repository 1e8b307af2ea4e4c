using Krewe.Cluster;
using Krewe.Contracts.Grains;
using Krewe.Runtime;

namespace Krewe.Cli;

/// <summary>Time that the learner waits for samples from another process while replay has enough of them.</summary>
internal static class LearnerBench
{
    public static async IAsyncEnumerable<BenchRow> Run()
    {
        await using BenchCluster cluster = await BenchCluster.Start(SiloRoles.Learner, SiloRoles.Replay | SiloRoles.Actor);
        TrainingOptions options = BenchRuns.CartPole(actors: 1, environments: 16);
        options.Learner.BatchSize = 64;
        options.Replay.Capacity = 100_000;
        options.Replay.MinSize = 10_000;

        // Actors fill replay and are then blocked: the learner is never short of samples.
        options.Replay.SamplesPerInsert = 1000;
        (_, ITrainingRunGrain run) = await cluster.Submit(options);
        while ((await run.GetStatus())!.Figures.Updates < 1000)
        {
            await Task.Delay(50);
        }

        double[][] rates = await BenchRuns.Rates(() =>
        {
            RunFigures figures = run.GetStatus().GetAwaiter().GetResult()!.Figures;
            return [figures.Updates, figures.Replay.SampleWait.Ticks, (long)(figures.Seconds * TimeSpan.TicksPerSecond)];
        });
        yield return BenchRuns.Row("learner", "updates, 4-64-64-2, batch 64, replay in another process", rates[0], "updates/s", null);
        double[] shares = [.. rates[1].Select((waited, i) => 100 * waited / rates[2][i])];
        yield return BenchRuns.Row("learner", "share of the learner's time waiting for samples", shares, "%", 5, lowerIsBetter: true);
    }
}
