using Krewe.Contracts;
using Krewe.Contracts.Grains;
using Krewe.Runtime;
using Orleans.TestingHost;

namespace Krewe.Cluster.Tests;

public sealed class LostLearnerTests
{
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
