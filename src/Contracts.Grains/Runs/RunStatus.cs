namespace Krewe.Contracts.Grains;

/// <summary>One look at a run.</summary>
[GenerateSerializer, Immutable, Alias("krewe.RunStatus")]
public sealed record RunStatus
{
    /// <summary>The run's id.</summary>
    [Id(0)]
    public required string RunId { get; init; }

    /// <summary>Where the run is in its life.</summary>
    [Id(1)]
    public required RunState State { get; init; }

    /// <summary>
    /// What the run waits for, for example <c>a silo with the role learner</c>; null when every role is filled. A run can be
    /// <see cref="RunState.Running"/> and wait: it goes on with what it has.
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
    /// Points of the learning curve after the number that was asked for, oldest first, at most the newest hundred: the whole curve is
    /// <c>evaluations.jsonl</c> in the learner's folder of the run.
    /// </summary>
    [Id(7)]
    public IReadOnlyList<EvaluationPoint> Evaluations { get; init; } = [];

    /// <summary>Number of the last point of <see cref="Evaluations"/>: what to ask for next.</summary>
    [Id(8)]
    public int EvaluationCount { get; init; }

    /// <summary>Actors that act now.</summary>
    [Id(9)]
    public int ActorsRunning { get; init; }

    /// <summary>Actors that there should be.</summary>
    [Id(10)]
    public int ActorsWanted { get; init; }

    /// <summary>Shards that answer.</summary>
    [Id(11)]
    public int ShardsRunning { get; init; }

    /// <summary>Shards that there should be.</summary>
    [Id(12)]
    public int ShardsWanted { get; init; }

    /// <summary>Where the learner is; null when there is none.</summary>
    [Id(13)]
    public string? LearnerSilo { get; init; }

    /// <summary>How many learners the run has had: the epoch in its policy versions.</summary>
    [Id(14)]
    public long LearnerEpoch { get; init; }

    /// <summary>What the run came to; null before its end.</summary>
    [Id(15)]
    public RunOutcome? Outcome { get; init; }

    /// <summary>Actors of each actor silo, by address.</summary>
    [Id(16)]
    public IReadOnlyDictionary<string, int> ActorsBySilo { get; init; } = new Dictionary<string, int>();

    /// <summary>The oldest policy version that actors of each silo act with, by address, as of the silo's last report; none for a silo where nobody acts.</summary>
    [Id(17)]
    public IReadOnlyDictionary<string, long> ActingVersions { get; init; } = new Dictionary<string, long>();
}
