using Orleans.Concurrency;

namespace Krewe.Contracts.Grains;

/// <summary>The one learner of a run; its key is the run's id. A facade over a thread of its own: no call waits for an update.</summary>
[Alias("krewe.ILearnerGrain")]
public interface ILearnerGrain : IGrainWithStringKey
{
    /// <summary>Looks up, before the run exists, the checkpoint that it is to begin from.</summary>
    /// <param name="specification">The run, with a checkpoint to resume from.</param>
    /// <exception cref="KreweException">There is no such checkpoint on the learner's silo, it is damaged, or it is of another network.</exception>
    [Alias("FindCheckpoint"), AlwaysInterleave]
    Task<ResumePoint> FindCheckpoint(RunSpecification specification);

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

/// <summary>Where a run begins that goes on from a checkpoint.</summary>
/// <param name="EnvironmentSteps">Environment steps that the checkpoint counts.</param>
/// <param name="Episodes">Episodes that it counts.</param>
[GenerateSerializer, Immutable, Alias("krewe.ResumePoint")]
public sealed record ResumePoint([property: Id(0)] long EnvironmentSteps, [property: Id(1)] long Episodes);
