using System.Globalization;
using Krewe.Contracts;
using Krewe.Contracts.Grains;
using Krewe.Runtime;

namespace Krewe.Cluster;

/// <summary>Builds the status of a run. Not thread-safe: owned by the run's grain.</summary>
/// <param name="store">The run's state.</param>
/// <param name="options">The run's options.</param>
/// <param name="budget">Its budget of steps.</param>
/// <param name="fleet">Its actors.</param>
/// <param name="supervisor">Number of actors wanted.</param>
/// <param name="learner">Its learner.</param>
/// <param name="directory">The silos.</param>
internal sealed class RunView(
    IPersistentState<RunRecordState> store,
    TrainingOptions options,
    StepBudget budget,
    ActorFleet fleet,
    ActorSupervisor supervisor,
    LearnerWatch learner,
    SiloDirectory directory)
{
    private double _epsilon = 1;

    private RunRecordState State => store.State;

    /// <summary>Describes what the run is waiting for; null if every role is filled and all environments return.</summary>
    public string? WaitsFor()
    {
        bool isStopping = State.State == RunState.Stopping;
        foreach (SiloRoles role in isStopping ? [SiloRoles.Learner] : new[] { SiloRoles.Learner, SiloRoles.Replay, SiloRoles.Actor })
        {
            if (directory.With(role).Count == 0)
            {
                return $"a silo with the role {SiloProfile.NameOf(role)}";
            }
        }

        if (!learner.IsThere)
        {
            return $"{(learner.Last is null ? "its" : "another")} learner to start{(learner.Trouble is null ? "" : $": {learner.Trouble}")}";
        }

        if (isStopping)
        {
            return "the last checkpoint";
        }

        int shards = options.Replay.Shards;
        if (learner.Last!.ShardsRunning < shards)
        {
            return string.Create(CultureInfo.InvariantCulture, $"{shards - learner.Last!.ShardsRunning} of {shards} shards to answer");
        }

        if (options.Run.Deterministic || budget.IsSpent)
        {
            return null;
        }

        int running = fleet.Running;
        return supervisor.Refusal
            ?? (running < supervisor.Wanted || supervisor.Wanted == 0
                ? string.Create(CultureInfo.InvariantCulture, $"{supervisor.Wanted - running} of {supervisor.Wanted} actors to start")
                : fleet.Hanging(options.Environment.Id));
    }

    /// <summary>The current status of the run.</summary>
    /// <param name="runId">Its id.</param>
    /// <param name="evaluationsAfter">Number of points of the learning curve that the caller has.</param>
    public RunStatus Status(string runId, int evaluationsAfter)
    {
        int skip = Math.Clamp(evaluationsAfter - State.EvaluationsDropped, 0, State.Evaluations.Count);
        bool over = State.State.IsOver();
        return new RunStatus
        {
            RunId = runId,
            State = State.State,
            WaitsFor = over ? null : WaitsFor(),
            Failure = State.Failure,
            EnvironmentId = options.Environment.Id,
            Seed = options.Run.Seed,
            Figures = Figures(),
            Evaluations = State.Evaluations[skip..],
            EvaluationCount = State.EvaluationsDropped + State.Evaluations.Count,
            ActorsRunning = over ? 0 : fleet.Running,
            ActorsWanted = supervisor.Wanted,
            ShardsRunning = over ? 0 : learner.Last?.ShardsRunning ?? 0,
            ShardsWanted = options.Replay.Shards,
            LearnerSilo = !over && learner.IsThere ? learner.Last!.Silo : null,
            LearnerLostOn = !over && !learner.IsThere ? learner.Last?.Silo : null,
            LearnerEpoch = State.Epoch,
            Outcome = State.Outcome,
            ActorsBySilo = over ? new Dictionary<string, int>() : fleet.BySilo,
            ActingVersions = over ? new Dictionary<string, long>() : fleet.ActingVersions,
        };
    }

    /// <summary>The learner's figures, completed with what only the actors know.</summary>
    public RunFigures Figures()
    {
        RunFigures known = State.Figures ?? new RunFigures { StepBudget = options.Run.Steps, PolicyVersion = -1 };
        if (options.Run.Deterministic)
        {
            return known;
        }

        IReadOnlyDictionary<string, long> acting = fleet.ActingVersions;
        return known with
        {
            // The actors' latest steps are not yet part of replay's answers to the learner.
            EnvironmentSteps = Math.Max(budget.Done, known.EnvironmentSteps),
            Episodes = fleet.Episodes,
            MeanReturn = fleet.Recent.Mean()?.Return,
            Epsilon = _epsilon = fleet.Epsilon ?? _epsilon,
            PolicyLag = acting.Count > 0 ? PolicyVersions.Lag(known.PolicyVersion, acting.Values.Min()) : 0,
        };
    }
}
