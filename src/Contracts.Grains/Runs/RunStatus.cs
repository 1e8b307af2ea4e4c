namespace Krewe.Contracts.Grains;

/// <summary>The status of a run.</summary>
[GenerateSerializer, Immutable, Alias("krewe.RunStatus")]
public sealed record RunStatus
{
    /// <summary>The run's id.</summary>
    [Id(0)]
    public required string RunId { get; init; }

    /// <summary>The state of the run.</summary>
    [Id(1)]
    public required RunState State { get; init; }

    /// <summary>
    /// What the run is waiting for, for example <c>a silo with the role learner</c>; null if every role is filled and all environments
    /// return. A waiting run may still be <see cref="RunState.Running"/>: it continues with the available silos.
    /// </summary>
    [Id(2)]
    public string? WaitsFor { get; init; }

    /// <summary>Why the run failed; null if it did not.</summary>
    [Id(3)]
    public string? Failure { get; init; }

    /// <summary>Id of the environment.</summary>
    [Id(4)]
    public required string EnvironmentId { get; init; }

    /// <summary>Seed of the run.</summary>
    [Id(5)]
    public required long Seed { get; init; }

    /// <summary>The figures.</summary>
    [Id(6)]
    public required RunFigures Figures { get; init; }

    /// <summary>
    /// Points of the learning curve after the requested number, oldest first, at most the newest hundred. The whole curve is in
    /// <c>evaluations.jsonl</c> in the run's folder on the learner silo.
    /// </summary>
    [Id(7)]
    public IReadOnlyList<EvaluationPoint> Evaluations { get; init; } = [];

    /// <summary>Number of the last point of <see cref="Evaluations"/>, for the next request.</summary>
    [Id(8)]
    public int EvaluationCount { get; init; }

    /// <summary>Running actors.</summary>
    [Id(9)]
    public int ActorsRunning { get; init; }

    /// <summary>Actors wanted.</summary>
    [Id(10)]
    public int ActorsWanted { get; init; }

    /// <summary>Number of reachable shards.</summary>
    [Id(11)]
    public int ShardsRunning { get; init; }

    /// <summary>Shards wanted.</summary>
    [Id(12)]
    public int ShardsWanted { get; init; }

    /// <summary>The learner's silo; null when no learner is alive.</summary>
    [Id(13)]
    public string? LearnerSilo { get; init; }

    /// <summary>Number of learners that the run has had: the epoch in its policy versions.</summary>
    [Id(14)]
    public long LearnerEpoch { get; init; }

    /// <summary>The run's outcome; null before its end.</summary>
    [Id(15)]
    public RunOutcome? Outcome { get; init; }

    /// <summary>Number of actors by address of the actor silo.</summary>
    [Id(16)]
    public IReadOnlyDictionary<string, int> ActorsBySilo { get; init; } = new Dictionary<string, int>();

    /// <summary>The oldest policy version in use on each actor silo, by address; silos without running actors are omitted.</summary>
    [Id(17)]
    public IReadOnlyDictionary<string, long> ActingVersions { get; init; } = new Dictionary<string, long>();

    /// <summary>The silo of a learner that was lost and is being replaced; null when a learner is alive, and before the first.</summary>
    [Id(18)]
    public string? LearnerLostOn { get; init; }
}
