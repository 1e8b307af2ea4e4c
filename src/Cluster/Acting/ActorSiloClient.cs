using Orleans.Runtime.Services;

namespace Krewe.Cluster;

/// <summary>Finds the service of one silo.</summary>
internal sealed class ActorSiloClient(IServiceProvider services) : GrainServiceClient<IActorSiloService>(services)
{
    public IActorSiloService On(SiloAddress silo) => GetGrainService(silo);
}
