using Krewe.Contracts;
using Krewe.Contracts.Grains;
using Krewe.Runtime;
using Krewe.Tests;
using Microsoft.Extensions.DependencyInjection;
using Orleans.TestingHost;

namespace Krewe.Cluster.Tests;

[Collection(nameof(SeparateRoles))]
public sealed class AfterTheEndTests(SeparateRoles roles)
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Only_its_record_remains_of_a_run(bool deterministic)
    {
        TrainingOptions options = Sessions.Small("CartPole-v1", deterministic: deterministic);
        (options.Actor.Count, options.Replay.Shards) = (2, 2);
        TestRun run = await TestRun.Create(roles.Silos, options);
        await run.UntilCompleted();
        await UntilGone(run);
        await run.Until("its actor silos to forget it", _ => roles.Silos.All.All(silo => Actors(silo).Find(run.Id) is null));
    }

    [Fact]
    public async Task A_late_message_leaves_nothing_behind_either()
    {
        TestRun run = await TestRun.Create(roles.Silos, Sessions.Small("CartPole-v1", deterministic: false));
        await run.UntilCompleted();
        await UntilGone(run);
        ILearnerGrain learner = roles.Silos.Grains.GetGrain<ILearnerGrain>(run.Id);
        foreach (Func<Task> message in new Func<Task>[]
            {
                () => learner.Direct(RunDirective.Stop),
                () => learner.CompleteAppends(),
                () => learner.GetPolicy(after: -1),
                () => Assert.ThrowsAsync<InvalidOptionException>(() => learner.Checkpoint()),
                () => Assert.ThrowsAsync<InvalidOptionException>(() => learner.Start()),
                () => roles.Silos.Grains.GetGrain<IActorGrain>(0, run.Id).Release(),
            })
        {
            await message();
            await UntilGone(run);
        }
    }

    private async Task UntilGone(TestRun run)
    {
        IManagementGrain management = roles.Silos.Grains.GetGrain<IManagementGrain>(0);
        string[] left = [];
        try
        {
            await run.Until("the end of its grains", _ => (left = Left(management, run.Id).Result).Length == 0);
        }
        catch (Xunit.Sdk.XunitException e)
        {
            Assert.Fail($"left: {string.Join(' ', left)}\n{e.Message}");
        }
    }

    private static ActorSilo Actors(InProcessSiloHandle silo) => silo.ServiceProvider.GetRequiredService<ActorSilo>();

    private static async Task<string[]> Left(IManagementGrain management, string runId) =>
        [.. (await management.GetDetailedGrainStatistics())
            .Select(grain => grain.GrainId.ToString())
            .Where(grain => grain.Contains(runId, StringComparison.Ordinal) && !grain.StartsWith("krewe.run/", StringComparison.Ordinal))];
}
