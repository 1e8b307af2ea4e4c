using Orleans.Concurrency;

namespace Krewe.Contracts.Grains;

/// <summary>The one learner of a run; its key is the run's id. A facade over a thread of its own: no call waits for an update.</summary>
[Alias("krewe.ILearnerGrain")]
public interface ILearnerGrain : IGrainWithStringKey
{
    /// <summary>Sees to it that the learner learns; does nothing when it does.</summary>
    [Alias("Start"), AlwaysInterleave]
    Task Start();

    /// <summary>Passes on what the run is to do, before the learner asks by itself.</summary>
    /// <param name="directive">What to do.</param>
    [Alias("Direct"), AlwaysInterleave]
    Task Direct(RunDirective directive);

    /// <summary>Actors are done: the learner does the updates that it still owes, then ends the run.</summary>
    [Alias("CompleteAppends"), AlwaysInterleave]
    Task CompleteAppends();

    /// <summary>Writes a checkpoint.</summary>
    /// <returns>Its folder.</returns>
    [Alias("Checkpoint"), AlwaysInterleave]
    Task<string> Checkpoint();

    /// <summary>The newest policy: what a silo that missed some asks for.</summary>
    /// <param name="after">The version that the caller has, -1 for none.</param>
    /// <returns>The policy; null when there is none newer.</returns>
    [Alias("GetPolicy"), AlwaysInterleave]
    Task<PolicySnapshot?> GetPolicy(long after);
}
