using Krewe.Cluster.Acting;
using Krewe.Contracts.Options;
using Krewe.Tests.Runtime;
using Microsoft.Extensions.DependencyInjection;
using Orleans.TestingHost;

namespace Krewe.Cluster.Tests.Clusters;

[Collection(nameof(SeparateRoles))]
public sealed class AfterTheEndTests(SeparateRoles roles)
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Nothing_but_its_record_is_left_of_a_run(bool deterministic)
    {
        TrainingOptions options = Sessions.Small("CartPole-v1", deterministic: deterministic);
        (options.Actor.Count, options.Replay.Shards) = (2, 2);
        TestRun run = await TestRun.Create(roles.Silos, options);
        await run.UntilCompleted();
        IManagementGrain management = roles.Silos.Grains.GetGrain<IManagementGrain>(0);
        await run.Until("its grains being gone", _ => Left(management, run.Id).Result.Length == 0);
        await run.Until("its actors' silos having forgotten it", _ => roles.Silos.All.All(silo => Actors(silo).Find(run.Id) is null));
    }

    private static ActorSilo Actors(InProcessSiloHandle silo) => silo.ServiceProvider.GetRequiredService<ActorSilo>();

    private static async Task<string[]> Left(IManagementGrain management, string runId) =>
        [.. (await management.GetDetailedGrainStatistics())
            .Select(grain => grain.GrainId.ToString())
            .Where(grain => grain.Contains(runId, StringComparison.Ordinal) && !grain.StartsWith("krewe.run/", StringComparison.Ordinal))];
}
