using System.Diagnostics;
using Krewe.Cluster;
using Krewe.Contracts;
using Krewe.Contracts.Grains;
using Krewe.Runtime;
using Microsoft.Extensions.Logging.Abstractions;

namespace Krewe.Cli;

/// <summary>Many actors on an environment that only sleeps: the overhead of the cluster, and its effect on the learner.</summary>
internal static class ScalingBench
{
    private const int MostActors = 256;
    private const int ActorSilos = 4;

    // Transitions that an actor of Ape-X collects before it sends them (Horgan et al. 2018, appendix).
    private const int ApeXBuffer = 50;

    private const int Pairs = 9;

    // For rows with a goal: the speed of a shared machine varies from second to second by more than the effect to measure.
    private const int PairsForGoal = 31;
    private const int MostNice = 19;

    // Six processes on two cores compile for this long; measured at once, the learner would have half of its later speed.
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(60);

    // A suspended silo is declared dead after six seconds.
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(1.5);
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(0.7);

    public static async IAsyncEnumerable<BenchRow> Run()
    {
        foreach (int actors in new[] { 1, 16, 64, MostActors })
        {
            double[] rates = await Acting(actors);
            double ideal = actors * 1000.0 / SleepEnvironment.StepMilliseconds;
            yield return BenchRuns.Row("scaling", $"{actors} actors on an environment that sleeps 10 ms a step, against ideal", [.. rates.Select(rate => rate / ideal)], "ratio", 0.95);
        }

        foreach (int width in new[] { 64, 256 })
        {
            await foreach (BenchRow row in Learning(width))
            {
                yield return row;
            }
        }
    }

    private static TrainingOptions Sleeping(int actors)
    {
        TrainingOptions options = BenchRuns.CartPole(actors, environments: 1);
        options.Environment.Id = "Sleep-v0";
        options.Actor.SegmentLength = ApeXBuffer;
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

    /// <summary>
    /// The learner with and without many actors that step as fast as they can (without a rate limit, so that there is an effect). Their silos
    /// are suspended in turn, so that both cases are measured within the same minute: first with all silos on all cores, then, if the system
    /// supports it, with actors at low priority, and finally with a core for the learner's silo alone, the closest approximation of separate
    /// machines on one machine with two cores.
    /// </summary>
    /// <param name="width">Width of the two hidden layers.</param>
    private static async IAsyncEnumerable<BenchRow> Learning(int width)
    {
        await using BenchCluster cluster = await BenchCluster.Start(
            SiloRoles.None, [SiloRoles.Learner, SiloRoles.Replay, .. Enumerable.Repeat<BenchSilo>(SiloRoles.Actor, ActorSilos)]);
        TrainingOptions options = Sleeping(MostActors);
        options.Replay.ErrorBuffer = 1e15;
        options.Replay.Capacity = 100_000;
        options.Network.Hidden = [width, width];
        (_, ITrainingRunGrain run) = await cluster.Submit(options);
        await BenchCluster.WaitForActors(run, MostActors);
        await Task.Delay(WarmUp);
        string network = $"4-{width}-{width}-2, batch 64";
        foreach (BenchRow row in await InPairs(cluster, run, $"{network}, all silos on all cores", goal: null))
        {
            yield return row;
        }

        if (!ProcessorShare.IsSupported)
        {
            yield break;
        }

        cluster.SetNiceness(SiloRoles.Actor, MostNice);
        foreach (BenchRow row in await InPairs(cluster, run, $"{network}, all silos on all cores, actors at nice {MostNice}", goal: null))
        {
            yield return row;
        }

        if (System.Environment.ProcessorCount > 1)
        {
            cluster.SetApart();
            foreach (BenchRow row in await InPairs(cluster, run, $"{network}, a core for its silo, all others on another, actors at nice {MostNice}", goal: 0.95))
            {
                yield return row;
            }
        }
    }

    private static async Task<BenchRow[]> InPairs(BenchCluster cluster, ITrainingRunGrain run, string setUp, double? goal)
    {
        int pairs = goal is null ? Pairs : PairsForGoal;
        var alone = new double[pairs];
        var together = new double[pairs];
        var steps = new double[pairs];
        SiloRoles[] roles = [SiloRoles.Learner, SiloRoles.Replay, SiloRoles.Actor];
        double[][] cores = [.. roles.Select(_ => new double[pairs])];
        for (int i = 0; i < pairs; i++)
        {
            await Task.Delay(Settling);
            double[] before = [.. roles.Select(cluster.ProcessorSeconds)];
            long began = Stopwatch.GetTimestamp();
            (together[i], steps[i]) = await LearnerRates(run);
            double seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
            for (int j = 0; j < roles.Length; j++)
            {
                cores[j][i] = (cluster.ProcessorSeconds(roles[j]) - before[j]) / seconds;
            }

            cluster.Freeze(SiloRoles.Actor, freeze: true);
            await Task.Delay(Settling);
            (alone[i], _) = await LearnerRates(run);
            cluster.Freeze(SiloRoles.Actor, freeze: false);
        }

        double[] ratios = [.. together.Select((rate, i) => rate / alone[i])];
        return
        [
            BenchRuns.Row("scaling", $"learner alone, {setUp}", alone, "updates/s", null),
            BenchRuns.Row("scaling", $"with {MostActors} such actors on {ActorSilos} actor silos", together, "updates/s", null),
            BenchRuns.Row("scaling", "environment steps at the same time", steps, "steps/s", null),
            .. roles.Select((role, j) => BenchRuns.Row("scaling", $"processor time, {role.ToString().ToLowerInvariant()}", cores[j], "cores", null)),
            BenchRuns.Row("scaling", "learner with them against alone", ratios, "ratio", goal),
        ];
    }

    /// <summary>Updates and steps per second by the learner's clock, so that the time of its last report does not matter.</summary>
    private static async Task<(double Updates, double Steps)> LearnerRates(ITrainingRunGrain run)
    {
        RunFigures before = (await run.GetStatus())!.Figures;
        await Task.Delay(Window);
        RunFigures after = (await run.GetStatus())!.Figures;
        double seconds = after.Seconds - before.Seconds;
        return ((after.Updates - before.Updates) / seconds, (after.EnvironmentSteps - before.EnvironmentSteps) / seconds);
    }
}
