using Krewe.Contracts;
using Krewe.Contracts.Grains;
using Krewe.Environments;
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

        // krewe runs tells it from a run that was stopped.
        string file = Path.Combine(roles.Silos.Folder(run.Id), "failure.txt");
        await run.Until("the failure in the learner's folder", _ => File.Exists(file));
        Assert.Equal(end.Failure, (await File.ReadAllTextAsync(file)).TrimEnd());
    }

    [Fact]
    public async Task An_environment_that_throws_on_the_only_actor_silo_fails_the_run_without_naming_the_silo_or_a_lost_shard()
    {
        EnvironmentRegistry registry = Sessions.With("Throws-v0", step => step == 1_000 ? throw new TimeZoneNotFoundException("lost") : new StepResult(1, false, false));
        await using TestSilos silos = await TestSilos.Start(registry, SiloRoles.All);
        TestRun run = await TestRun.Create(silos, Sessions.Small("Throws-v0", steps: 1_000_000_000, deterministic: false));
        string failure = (await run.UntilFailed()).Failure!;
        Assert.Matches("^(actor 0: )?Throws-v0, instance [0-7], step [0-9]+ of episode [0-9]+: Step threw TimeZoneNotFoundException: lost", failure);
        Assert.DoesNotContain("silo", failure, StringComparison.Ordinal);
        await run.UntilIdle();
        Assert.DoesNotContain("reactivated empty", silos.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_learner_that_cannot_be_created_releases_the_folder_of_its_run()
    {
        EnvironmentRegistry registry = Sessions.With(
            "Rare-v0", _ => new StepResult(1, false, false), vector: () => throw new EnvironmentFaultException("Rare-v0: there are no more"));
        await using TestSilos silos = await TestSilos.Start(registry, SiloRoles.All);
        TestRun run = await TestRun.Create(silos, Sessions.Small("Rare-v0", deterministic: false));
        Assert.Equal("Rare-v0: there are no more", (await run.UntilFailed()).Failure);
        RunFolder.Create(silos.Folder(run.Id), overwrite: true).Dispose();
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
