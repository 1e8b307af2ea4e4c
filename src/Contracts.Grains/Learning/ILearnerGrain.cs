using Orleans.Concurrency;

namespace Krewe.Contracts.Grains;

/// <summary>The learner of a run; its key is the run's id. The learner runs on its own thread: no call waits for an update.</summary>
[Alias("krewe.ILearnerGrain")]
public interface ILearnerGrain : IGrainWithStringKey
{
    /// <summary>Checks, before the run is created, the checkpoint that it is to resume from.</summary>
    /// <param name="specification">The run, with a checkpoint to resume from.</param>
    /// <exception cref="KreweException">There is no such checkpoint on the learner's silo, it is damaged, or it belongs to another network.</exception>
    [Alias("FindCheckpoint"), AlwaysInterleave]
    Task<ResumePoint> FindCheckpoint(RunSpecification specification);

    /// <summary>Starts the learner; does nothing if it is running.</summary>
    [Alias("Start"), AlwaysInterleave]
    Task Start();

    /// <summary>Delivers a directive, without waiting for the learner's next report.</summary>
    /// <param name="directive">The directive.</param>
    [Alias("Direct"), AlwaysInterleave]
    Task Direct(RunDirective directive);

    /// <summary>Called when the actors are done: the learner does the remaining updates, then ends the run.</summary>
    [Alias("CompleteAppends"), AlwaysInterleave]
    Task CompleteAppends();

    /// <summary>Writes a checkpoint.</summary>
    /// <returns>Its folder.</returns>
    [Alias("Checkpoint"), AlwaysInterleave]
    Task<string> Checkpoint();

    /// <summary>The newest policy, for a silo that has missed versions.</summary>
    /// <param name="after">The version that the caller has, -1 for none.</param>
    /// <returns>The policy; null if there is no newer one.</returns>
    [Alias("GetPolicy"), AlwaysInterleave]
    Task<PolicySnapshot?> GetPolicy(long after);
}

/// <summary>The counters of the checkpoint that a run resumes from.</summary>
/// <param name="EnvironmentSteps">Environment steps at the checkpoint.</param>
/// <param name="Episodes">Episodes at the checkpoint.</param>
[GenerateSerializer, Immutable, Alias("krewe.ResumePoint")]
public sealed record ResumePoint([property: Id(0)] long EnvironmentSteps, [property: Id(1)] long Episodes);
