using Krewe.Cli;
using Krewe.Contracts;
using Krewe.Contracts.Grains;
using Krewe.Runtime;
using Orleans.TestingHost;

namespace Krewe.Cluster.Tests;

public sealed class LostLearnerTests
{
    [Fact]
    public async Task A_lost_learner_is_named_as_lost_until_another_has_replaced_it()
    {
        await using TestSilos silos = await TestSilos.Start(null, SiloRoles.Actor | SiloRoles.Replay, SiloRoles.Learner);
        TestRun run = await TestRun.Create(silos, Endless.Run(), at: silos.All.First().SiloAddress);
        RunStatus before = await run.UntilUpdates(50);
        Assert.Null(before.LearnerLostOn);
        await silos.Kill(silos.Find(before.LearnerSilo!));
        RunStatus lost = await run.Until("the loss of its learner", status => status.LearnerLostOn is not null);
        Assert.Equal((null, before.LearnerSilo), (lost.LearnerSilo, lost.LearnerLostOn));
        string text = StatusText.Of(lost);
        Assert.Contains($"learner not reporting from {before.LearnerSilo}", text, StringComparison.Ordinal);
        Assert.Equal(2, text.Split(before.LearnerSilo!).Length);

        await silos.Add(SiloRoles.Learner);
        RunStatus after = await run.UntilUpdates(lost.Figures.Updates + 1);
        Assert.Null(after.LearnerLostOn);
        Assert.NotNull(after.LearnerSilo);
    }

    [Fact]
    public async Task The_learner_that_takes_over_a_paused_run_counts_no_time()
    {
        await using TestSilos silos = await TestSilos.Start(null, SiloRoles.Actor | SiloRoles.Replay, SiloRoles.Learner, SiloRoles.Learner);
        TestRun run = await TestRun.Create(silos, Endless.Run(), at: silos.All.First().SiloAddress);
        await run.UntilUpdates(50);
        await run.Grain.Pause();
        RunStatus before = await run.UntilIdle();
        await silos.Stop(silos.Find(before.LearnerSilo!));
        RunStatus after = await run.Until("another learner", status => status.LearnerEpoch == 2 && status.LearnerSilo is not null && status.LearnerSilo != before.LearnerSilo);
        Assert.Equal(RunState.Paused, after.State);

        // Times are rounded to ticks when they are handed over.
        Assert.Equal(before.Figures.Seconds, after.Figures.Seconds, 1e-6);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Another_learner_silo_takes_over_from_the_checkpoint(bool killed)
    {
        await using TestSilos silos = await TestSilos.Start(null, SiloRoles.Actor | SiloRoles.Replay, SiloRoles.Learner, SiloRoles.Learner);
        TestRun run = await TestRun.Create(silos, Endless.Run());
        await run.UntilUpdates(200);
        Checkpoint saved = CheckpointFolder.Read(await run.Grain.Checkpoint());
        RunStatus before = await run.UntilUpdates(saved.Updates + 200);
        InProcessSiloHandle lost = silos.Find(before.LearnerSilo!);
        await (killed ? silos.Kill(lost) : silos.Stop(lost));

        RunStatus after = await run.Until(
            "another learner", status => status.LearnerEpoch == 2 && PolicyVersions.EpochOf(status.Figures.PolicyVersion) == 2 && status.WaitsFor is null);
        Assert.NotEqual(before.LearnerSilo, after.LearnerSilo);
        Assert.InRange(after.Figures.PolicyVersion, before.Figures.PolicyVersion + 1, long.MaxValue);
        Assert.InRange(after.Figures.EnvironmentSteps, before.Figures.EnvironmentSteps, long.MaxValue);
        Assert.InRange(after.Figures.Updates, saved.Updates, long.MaxValue);
        if (!killed)
        {
            // A graceful shutdown writes a checkpoint first: no update is repeated.
            Assert.InRange(after.Figures.Updates, before.Figures.Updates, long.MaxValue);
        }

        await run.UntilUpdates(after.Figures.Updates + 100);
        await run.Grain.Stop();
        Assert.True((await run.UntilStopped()).Outcome!.Interrupted);
    }
}
