using Krewe.Contracts.Grains;
using Microsoft.Extensions.Logging;

namespace Krewe.Cluster;

/// <summary>The grain service that receives policies and directives for <see cref="ActorSilo"/>.</summary>
internal sealed class ActorSiloService(GrainId id, Silo silo, ILoggerFactory loggers, ActorSilo actors)
    : GrainService(id, silo, loggers), IActorSiloService
{
    public async Task<long> Publish(string runId, PolicySnapshot policy)
    {
        ActorSiloRun run = await actors.Join(runId);
        long newest = run.Publish(policy);
        await run.WaitForDemand();
        return newest;
    }

    public Task Direct(string runId, RunDirective directive)
    {
        actors.Find(runId)?.Direct(directive);
        return Task.CompletedTask;
    }
}
