using Orleans.Concurrency;

namespace Krewe.Contracts.Grains;

/// <summary>
/// A training run; its key is the run's id. It owns the specification and the state of the run, starts and supervises its actors,
/// shards and learner, and hands out its budget of environment steps.
/// </summary>
[Alias("krewe.ITrainingRunGrain")]
public interface ITrainingRunGrain : IGrainWithStringKey
{
    /// <summary>Starts a run under this id.</summary>
    /// <param name="specification">What to run.</param>
    /// <exception cref="InvalidOptionException">The id is taken, or the options do not fit the environment or the cluster: nothing was started.</exception>
    [Alias("Create")]
    Task Create(RunSpecification specification);

    /// <summary>Where the run stands.</summary>
    /// <param name="evaluationsAfter">How many points of the learning curve the caller has: only later ones are sent, and of those the newest hundred.</param>
    /// <returns>The status; null when there is no run of this id.</returns>
    [Alias("GetStatus"), AlwaysInterleave]
    Task<RunStatus?> GetStatus(int evaluationsAfter = 0);

    /// <summary>What is run; null when there is no run of this id.</summary>
    [Alias("GetSpecification"), AlwaysInterleave]
    Task<RunSpecification?> GetSpecification();

    /// <summary>Lets actors and learner stand still.</summary>
    /// <exception cref="InvalidOptionException">There is no run of this id, or it is over.</exception>
    [Alias("Pause"), AlwaysInterleave]
    Task Pause();

    /// <summary>Lets a paused run go on.</summary>
    /// <exception cref="InvalidOptionException">There is no run of this id, or it is over.</exception>
    [Alias("Resume"), AlwaysInterleave]
    Task Resume();

    /// <summary>Ends the run with a last checkpoint. Returns at once; the status says when it is done.</summary>
    /// <exception cref="InvalidOptionException">There is no run of this id, or it is over.</exception>
    [Alias("Stop"), AlwaysInterleave]
    Task Stop();

    /// <summary>Writes a checkpoint now.</summary>
    /// <returns>Its folder, as the learner's silo names it.</returns>
    /// <exception cref="InvalidOptionException">There is no run of this id, or it is over.</exception>
    [Alias("Checkpoint"), AlwaysInterleave]
    Task<string> Checkpoint();

    /// <summary>Removes the record of a run that is over: its id can be used again. The run's folder stays.</summary>
    /// <exception cref="InvalidOptionException">There is no run of this id, or it is not over.</exception>
    [Alias("Delete")]
    Task Delete();

    /// <summary>For the learner alone: begins a new epoch, after which versions of earlier ones are refused everywhere.</summary>
    /// <param name="learner">Where the learner is, for the status.</param>
    [Alias("BeginLearner"), AlwaysInterleave]
    Task<LearnerTerms> BeginLearner(string learner);

    /// <summary>For the learner alone, before it writes into the run's folder: whether it is still the newest.</summary>
    /// <param name="epoch">Its epoch.</param>
    [Alias("IsCurrent"), AlwaysInterleave]
    Task<bool> IsCurrent(long epoch);

    /// <summary>For the learner alone: says where it stands.</summary>
    /// <param name="report">The report.</param>
    /// <returns>What it is to do; <see cref="RunDirective.Superseded"/> when a later learner has begun.</returns>
    [Alias("ReportLearner"), AlwaysInterleave]
    Task<RunDirective> ReportLearner(LearnerReport report);

    /// <summary>For the learner alone: episodes ended so far, which only actors and run count.</summary>
    [Alias("CountEpisodes"), AlwaysInterleave]
    Task<long> CountEpisodes();

    /// <summary>For actor silos alone: says where their actors stand.</summary>
    /// <param name="report">The report.</param>
    /// <returns>What they are to do.</returns>
    [Alias("ReportActors"), AlwaysInterleave]
    Task<RunDirective> ReportActors(ActorSiloReport report);

    /// <summary>For actor silos alone: takes environment steps from the run's budget.</summary>
    /// <param name="silo">Who takes them.</param>
    /// <param name="wanted">How many it would take, at least 1.</param>
    /// <param name="minimum">The fewest that are of use: one window.</param>
    [Alias("LeaseSteps"), AlwaysInterleave]
    Task<StepLease> LeaseSteps(string silo, long wanted, long minimum);
}
