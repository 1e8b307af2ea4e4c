using Krewe.Contracts.Grains;
using Orleans.Concurrency;
using Orleans.Services;

namespace Krewe.Cluster;

/// <summary>Receives policies and directives for all actors of a silo, so that the cost grows with the silos, not with the actors.</summary>
[Alias("krewe.IActorSiloService")]
internal interface IActorSiloService : IGrainService
{
    /// <summary>
    /// Delivers a policy; one that is not newer than the silo's is ignored. Completes when the silo can use the next one (see
    /// <see cref="PolicyDemand"/>).
    /// </summary>
    /// <param name="runId">The run.</param>
    /// <param name="policy">The policy.</param>
    /// <returns>The newest version on the silo; a version of a later epoch tells a learner that it has been superseded.</returns>
    [Alias("Publish"), AlwaysInterleave]
    Task<long> Publish(string runId, [Immutable] PolicySnapshot policy);

    /// <summary>Delivers a directive for the run's actors, without waiting for the silo's next report.</summary>
    /// <param name="runId">The run.</param>
    /// <param name="directive">The directive.</param>
    [Alias("Direct"), AlwaysInterleave]
    Task Direct(string runId, RunDirective directive);
}
