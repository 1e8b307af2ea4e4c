using System.Globalization;
using Krewe.Contracts;
using Krewe.Contracts.Grains;

namespace Krewe.Cluster.ProcessTests;

/// <summary>Slow parts throttle the others; nothing accumulates.</summary>
public sealed class SlowTests(SlowCluster slow, ITestOutputHelper output) : IClassFixture<SlowCluster>
{
    private const double SamplesPerInsert = 8;
    private const double Growth = 1.25;
    private const long Slack = 64L << 20;
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(60);

    private TestCluster Cluster => slow.Cluster;

    [Fact]
    public Task A_slow_learner_holds_the_actors_back_and_memory_stays_bounded() => Cluster.Explain(async () =>
    {
        TestRun run = await TestRun.Submit(
            Cluster, "slow-learner", "--steps", "2000000000", "--set", "network.hidden=512,512", "--set", "learner.batch_size=256");
        await run.Until("40,000 samples", Timeout, status => status.Figures.Replay.Sampled > 40_000);
        long[] before = Memory();
        await run.Until("160,000 samples, and actors that waited", Timeout, status => status.Figures.Replay.Sampled > 160_000 && HasWaited(status));
        RunStatus status = await run.Status();
        output.WriteLine($"{status.Figures.Replay.Inserted} inserted, {status.Figures.Replay.Sampled} sampled, actors waited {status.Figures.Replay.AppendWait}");

        AssertHeldBack(status.Figures.Replay);
        AssertFlat(before);
        await run.Grain.Stop();
        await run.Until("the run ends", Timeout, last => last.State == RunState.Stopped);
    });

    [Fact]
    public Task A_slow_network_holds_the_actors_back_and_memory_stays_bounded() => Cluster.Explain(async () =>
    {
        // Enough environments to act faster than the learner can fetch over such a connection.
        TestRun run = await TestRun.Submit(Cluster, "slow-network", "--steps", "2000000000", "--set", "actor.environments=64");
        slow.Delay = TimeSpan.FromMilliseconds(20);
        try
        {
            long start = (await run.Status()).Figures.EnvironmentSteps;
            await run.Until("20,000 steps over the slow network", Timeout, status => status.Figures.EnvironmentSteps > start + 20_000);
            long[] before = Memory();
            RunStatus first = await run.Status();
            await run.Until(
                "60,000 steps over the slow network, and actors that waited",
                Timeout,
                status => status.Figures.EnvironmentSteps > start + 60_000 && HasWaited(status));
            RunStatus second = await run.Status();

            double speed = (second.Figures.EnvironmentSteps - first.Figures.EnvironmentSteps) / (second.Figures.Seconds - first.Figures.Seconds);
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{speed:F0} steps/s, lag {second.Figures.PolicyLag}"));
            AssertHeldBack(second.Figures.Replay);
            Assert.True(second.Figures.Updates > first.Figures.Updates);
            Assert.True(TestRun.IsWhole(second), second.WaitsFor);
            AssertFlat(before);
        }
        finally
        {
            slow.Delay = TimeSpan.Zero;
        }

        await run.Grain.Stop();
        await run.Until("the run ends", Timeout, last => last.State == RunState.Stopped);
    });

    private static bool HasWaited(RunStatus status) => status.Figures.Replay.AppendWait > TimeSpan.FromSeconds(1);

    /// <summary>Each shard admits at most its error buffer beyond what was sampled: here a few rollouts and chunks.</summary>
    private static void AssertHeldBack(ReplayStatistics replay) =>
        Assert.InRange(replay.Inserted, 0, (replay.Sampled / SamplesPerInsert) + 10_000);

    private long[] Memory() => [.. Cluster.Silos.Select(silo => silo.Process.ResidentBytes())];

    private void AssertFlat(long[] before)
    {
        long[] after = Memory();
        for (int i = 0; i < after.Length; i++)
        {
            output.WriteLine($"{Cluster.Silos[i].Roles}: {before[i] >> 20} MB, then {after[i] >> 20} MB");
            Assert.True(after[i] <= (Growth * before[i]) + Slack, $"{Cluster.Silos[i].Roles} grew from {before[i] >> 20} to {after[i] >> 20} MB");
        }
    }
}
