using Orleans.Concurrency;

namespace Krewe.Contracts.Grains;

/// <summary>
/// A training run; its key is the run's id. It owns the run's specification and state, starts and supervises its actors, shards and
/// learner, and leases its budget of environment steps.
/// </summary>
[Alias("krewe.ITrainingRunGrain")]
public interface ITrainingRunGrain : IGrainWithStringKey
{
    /// <summary>Creates and starts a run with this id.</summary>
    /// <param name="specification">The specification.</param>
    /// <exception cref="InvalidOptionException">The id is taken, or the options do not match the environment or the cluster.</exception>
    [Alias("Create")]
    Task Create(RunSpecification specification);

    /// <summary>The status of the run.</summary>
    /// <param name="evaluationsAfter">Number of learning-curve points that the caller has; only later ones are returned, at most 100.</param>
    /// <returns>The status; null when the run does not exist.</returns>
    [Alias("GetStatus"), AlwaysInterleave]
    Task<RunStatus?> GetStatus(int evaluationsAfter = 0);

    /// <summary>The specification; null when the run does not exist.</summary>
    [Alias("GetSpecification"), AlwaysInterleave]
    Task<RunSpecification?> GetSpecification();

    /// <summary>Pauses actors and learner.</summary>
    /// <exception cref="InvalidOptionException">The run does not exist, or has ended.</exception>
    [Alias("Pause"), AlwaysInterleave]
    Task Pause();

    /// <summary>Resumes a paused run.</summary>
    /// <exception cref="InvalidOptionException">The run does not exist, or has ended.</exception>
    [Alias("Resume"), AlwaysInterleave]
    Task Resume();

    /// <summary>Stops the run with a last checkpoint. Returns immediately; the status shows when it is done.</summary>
    /// <exception cref="InvalidOptionException">The run does not exist, or has ended.</exception>
    [Alias("Stop"), AlwaysInterleave]
    Task Stop();

    /// <summary>Writes a checkpoint now.</summary>
    /// <returns>Its folder, as the learner's silo names it.</returns>
    /// <exception cref="InvalidOptionException">The run does not exist, or has ended.</exception>
    [Alias("Checkpoint"), AlwaysInterleave]
    Task<string> Checkpoint();

    /// <summary>Deletes the record of a run that has ended; its id can then be reused. The run's folder is kept.</summary>
    /// <exception cref="InvalidOptionException">The run does not exist, or has not ended.</exception>
    [Alias("Delete")]
    Task Delete();

    /// <summary>Called by the learner only: starts a new epoch, after which versions of earlier epochs are rejected everywhere.</summary>
    /// <param name="learner">The learner's silo, for the status.</param>
    [Alias("BeginLearner"), AlwaysInterleave]
    Task<LearnerTerms> BeginLearner(string learner);

    /// <summary>Called by the learner only, before it writes into the run's folder: whether it is still the newest.</summary>
    /// <param name="epoch">Its epoch.</param>
    [Alias("IsCurrent"), AlwaysInterleave]
    Task<bool> IsCurrent(long epoch);

    /// <summary>Called by the learner only: reports its state.</summary>
    /// <param name="report">The report.</param>
    /// <returns>The directive; <see cref="RunDirective.Superseded"/> when a later learner has started.</returns>
    [Alias("ReportLearner"), AlwaysInterleave]
    Task<RunDirective> ReportLearner(LearnerReport report);

    /// <summary>Called by actor silos only: reports the state of their actors.</summary>
    /// <param name="report">The report.</param>
    /// <returns>The directive.</returns>
    [Alias("ReportActors"), AlwaysInterleave]
    Task<RunDirective> ReportActors(ActorSiloReport report);

    /// <summary>Called by actor silos only: leases environment steps from the run's budget.</summary>
    /// <param name="silo">The silo.</param>
    /// <param name="wanted">The most that it can use, at least 1.</param>
    /// <param name="minimum">The smallest useful lease: one rollout.</param>
    [Alias("LeaseSteps"), AlwaysInterleave]
    Task<StepLease> LeaseSteps(string silo, long wanted, long minimum);
}
