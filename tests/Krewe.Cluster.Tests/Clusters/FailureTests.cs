using Krewe.Contracts;
using Krewe.Contracts.Grains;
using Krewe.Runtime;
using Krewe.Tests;

namespace Krewe.Cluster.Tests;

[Collection(nameof(SeparateRoles))]
public sealed class FailureTests(SeparateRoles roles)
{
    [Theory]
    [InlineData(SeparateRoles.Throws, "Step threw TimeZoneNotFoundException: lost")]
    [InlineData(SeparateRoles.NotANumber, "observation\\[1\\] is NaN")]
    public async Task An_environment_that_breaks_its_contract_fails_the_run_with_the_actor_and_the_reason(string environment, string reason)
    {
        TrainingOptions options = Sessions.Small(environment, steps: 1_000_000_000, deterministic: false);
        options.Actor.Count = 2;
        options.Evaluation.Interval = 1_000_000_000;
        TestRun run = await TestRun.Create(roles.Silos, options);
        RunStatus end = await run.UntilFailed();
        Assert.Matches($"^actor [01]: {environment}, instance [0-7], step [0-9]+ of episode [0-9]+: {reason}.*\\(silo .*\\)$", end.Failure!);
        Assert.Null(end.Outcome);
        Assert.Equal((0, 0, null), (end.ActorsRunning, end.ShardsRunning, end.LearnerSilo));
    }

    [Fact]
    public async Task An_update_that_is_not_finite_fails_the_run()
    {
        TrainingOptions options = Sessions.Small("CartPole-v1", steps: 1_000_000_000, deterministic: false);
        options.Learner.LearningRate = Schedule.Constant(1e30);
        TestRun run = await TestRun.Create(roles.Silos, options);
        Assert.Contains("finite", (await run.UntilFailed()).Failure, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(roles.Silos.Folder(run.Id), "last")), "a diverged network was kept as the last checkpoint");
    }
}
