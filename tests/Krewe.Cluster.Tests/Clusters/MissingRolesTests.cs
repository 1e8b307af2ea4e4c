using Krewe.Contracts.Grains;
using Krewe.Tests;

namespace Krewe.Cluster.Tests;

public sealed class MissingRolesTests
{
    [Fact]
    public async Task A_run_reports_the_role_it_waits_for_and_continues_when_a_silo_with_it_joins()
    {
        await using TestSilos silos = await TestSilos.Start(null, SiloRoles.None);
        TestRun run = await TestRun.Create(silos, Sessions.Small("CartPole-v1", deterministic: false));
        foreach (SiloRoles role in new[] { SiloRoles.Learner, SiloRoles.Replay, SiloRoles.Actor })
        {
            RunStatus waiting = await run.Until($"waiting for {role}", status => status.WaitsFor == $"a silo with the role {SiloProfile.NameOf(role)}");
            Assert.Equal(RunState.Created, waiting.State);
            Assert.Equal(0, waiting.Figures.EnvironmentSteps);
            await silos.Add(role);
        }

        RunStatus end = await run.UntilCompleted();
        Assert.Equal(4_000, end.Outcome!.EnvironmentSteps);
        Assert.Equal(1, end.LearnerEpoch);
    }
}
