using System.Diagnostics;
using Krewe.Cluster;
using Krewe.Contracts.Grains;
using Krewe.Runtime;

namespace Krewe.Cli;

/// <summary>Resident memory of every process of a cluster that trains at full speed, after 2 and after 10 minutes.</summary>
internal static class MemoryBench
{
    private static readonly TimeSpan Looking = TimeSpan.FromSeconds(20);

    public static async IAsyncEnumerable<BenchRow> Run()
    {
        await using BenchCluster cluster = await BenchCluster.Start(SiloRoles.Learner, SiloRoles.Replay, SiloRoles.Actor);
        TrainingOptions options = BenchRuns.CartPole(actors: 4, environments: 64);
        options.Replay.Capacity = 1_000_000;
        options.Replay.SamplesPerInsert = 8;
        options.Learner.BatchSize = 64;
        options.Evaluation.Interval = 1_000_000;
        options.Run.CheckpointInterval = 5_000_000;
        (_, ITrainingRunGrain run) = await cluster.Submit(options);
        string[] names = ["learner", "replay", "actor"];
        await Task.Delay(TimeSpan.FromMinutes(2));
        long[] early = await Resident(cluster);
        await Task.Delay(TimeSpan.FromMinutes(8) - Looking);
        long[] late = await Resident(cluster);
        RunFigures figures = (await run.GetStatus())!.Figures;
        yield return new BenchRow("memory", "environment steps in 10 minutes", figures.EnvironmentSteps, "steps", 0, 0, null);
        for (int i = 0; i < names.Length; i++)
        {
            yield return new BenchRow(
                "memory", $"{names[i]} silo: resident after 10 minutes against after 2 (MB)", (double)late[i] / early[i], "ratio", early[i] / 1e6, late[i] / 1e6, 1.02, LowerIsBetter: true);
        }
    }

    /// <summary>The median over several seconds for each process, because compiling a large method briefly takes 2 MB.</summary>
    private static async Task<long[]> Resident(BenchCluster cluster)
    {
        var seen = new List<long[]>();
        long began = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(began) < Looking)
        {
            using var here = Process.GetCurrentProcess();
            seen.Add([here.WorkingSet64, .. cluster.Children.Select(child =>
            {
                child.Refresh();
                return child.WorkingSet64;
            })]);
            await Task.Delay(TimeSpan.FromMilliseconds(500));
        }

        return [.. Enumerable.Range(0, seen[0].Length).Select(i => seen.Select(sizes => sizes[i]).Order().ElementAt(seen.Count / 2))];
    }
}
