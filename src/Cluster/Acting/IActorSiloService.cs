using Krewe.Contracts.Grains;
using Orleans.Concurrency;
using Orleans.Services;

namespace Krewe.Cluster;

/// <summary>What a silo takes for all of its actors at once: so the cost of a policy grows with silos, not with actors.</summary>
[Alias("krewe.IActorSiloService")]
internal interface IActorSiloService : IGrainService
{
    /// <summary>
    /// Brings a policy; one that is not newer than the silo's is ignored. The answer comes when the silo can use the next (see
    /// <see cref="PolicyDemand"/>).
    /// </summary>
    /// <param name="runId">The run.</param>
    /// <param name="policy">The policy.</param>
    /// <returns>The newest version that the silo has: one of a later epoch tells a learner that it has been superseded.</returns>
    [Alias("Publish"), AlwaysInterleave]
    Task<long> Publish(string runId, [Immutable] PolicySnapshot policy);

    /// <summary>Says what the run's actors are to do, before the silo asks by itself.</summary>
    /// <param name="runId">The run.</param>
    /// <param name="directive">What to do.</param>
    [Alias("Direct"), AlwaysInterleave]
    Task Direct(string runId, RunDirective directive);
}
