using Krewe.Contracts;
using Krewe.Contracts.Grains;
using Krewe.Runtime;
using Microsoft.Extensions.DependencyInjection;

namespace Krewe.Cluster.Tests;

/// <summary>A superseded learner has no effect.</summary>
[Collection(nameof(SeparateRoles))]
public sealed class FencingTests(SeparateRoles roles)
{
    [Fact]
    public async Task A_superseded_learner_ends_without_effect()
    {
        TestRun run = await TestRun.Create(roles.Silos, Endless.Run());
        await run.UntilUpdates(50);
        Checkpoint saved = CheckpointFolder.Read(await run.Grain.Checkpoint());
        RunStatus before = await run.UntilUpdates(saved.Updates + 100);

        // As another silo would do that considers the learner lost.
        LearnerTerms terms = await run.Grain.BeginLearner("elsewhere");
        Assert.Equal(2, terms.Epoch);
        Assert.InRange(terms.EnvironmentSteps, saved.EnvironmentSteps, long.MaxValue);
        Assert.Equal(RunDirective.Superseded, await run.Grain.ReportLearner(Report(1, before.Figures)));

        // The next learner continues from the saved checkpoint: the previous one has written nothing since.
        RunStatus after = await run.Until("the next learner", status => status.LearnerEpoch == 3 && PolicyVersions.EpochOf(status.Figures.PolicyVersion) == 3);
        Assert.InRange(after.Figures.EnvironmentSteps, before.Figures.EnvironmentSteps, long.MaxValue);
        Assert.Equal(saved.Updates, CheckpointFolder.Read(Path.Combine(roles.Silos.Folder(run.Id), "last")).Updates);
        Assert.Equal(RunDirective.Superseded, await run.Grain.ReportLearner(Report(1, before.Figures) with { Failure = "too late" }));
        Assert.Equal(RunDirective.Superseded, await run.Grain.ReportLearner(Report(2, before.Figures) with { Failure = "too late" }));
        await run.UntilUpdates(after.Figures.Updates + 50);
        await run.Grain.Stop();
        Assert.Equal(3, (await run.UntilStopped()).LearnerEpoch);
    }

    [Fact]
    public async Task An_actor_silo_ignores_a_policy_of_an_earlier_learner_and_returns_its_own_version()
    {
        TestRun run = await TestRun.Create(roles.Silos, Endless.Run());
        await run.UntilUpdates(50);
        await run.Grain.BeginLearner("elsewhere");
        RunStatus running = await run.Until(
            "the next learner's policy at every actor", status => status.LearnerEpoch == 3 && status.Figures.Updates > 0 && status.ActorsBySilo.Count == 2);
        foreach (string silo in running.ActorsBySilo.Keys)
        {
            ActorSiloRun actors = roles.Silos.Find(silo).ServiceProvider.GetRequiredService<ActorSilo>().Find(run.Id)!;
            await run.Until("its first policy of the next learner", _ => PolicyVersions.EpochOf(actors.Policies.Version) == 3);
            var late = new PolicySnapshot(PolicyVersions.Of(1, PolicyVersions.MaxNumber), new float[actors.Plan.Policy.ParameterCount]);
            Assert.Equal(3, PolicyVersions.EpochOf(actors.Publish(late)));
            Assert.Equal(3, PolicyVersions.EpochOf(actors.Policies.Version));
        }

        await run.Grain.Stop();
        await run.UntilStopped();
    }

    private static LearnerReport Report(long epoch, RunFigures figures) => new() { Epoch = epoch, Silo = "elsewhere", Figures = figures };
}
