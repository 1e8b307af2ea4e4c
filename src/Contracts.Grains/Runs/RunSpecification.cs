namespace Krewe.Contracts.Grains;

/// <summary>The specification of a run; it never changes after submission.</summary>
[GenerateSerializer, Immutable, Alias("krewe.RunSpecification")]
public sealed record RunSpecification
{
    /// <summary>The run's id: letters, digits, <c>.</c>, <c>-</c> and <c>_</c>, at most 100; it also names the run's folder.</summary>
    [Id(0)]
    public required string RunId { get; init; }

    /// <summary>The effective options as one JSON object, nested like the options.</summary>
    [Id(1)]
    public required string OptionsJson { get; init; }

    /// <summary>
    /// Actors per core of the actor silos, so that their number follows the silos that join and leave; 0 for
    /// <c>actor.count</c> actors, however many silos there are.
    /// </summary>
    [Id(2)]
    public double ActorsPerCore { get; init; }

    /// <summary>Seconds between snapshots of a shard into the data folder; 0 for none.</summary>
    [Id(3)]
    public double SnapshotSeconds { get; init; }

    /// <summary>
    /// Hash of a replay slot's layout (<see cref="SegmentSpec.Hash"/>), set by the run when it is created; 0 before. A silo whose environment
    /// of the same id has other shapes is rejected.
    /// </summary>
    [Id(4)]
    public ulong SegmentHash { get; init; }

    /// <summary>
    /// The checkpoint that the run resumes from: the id of an earlier run in the learner silos' data folder, or a folder that the learner
    /// silo can read (a run's, whose <c>last</c> is used, or a checkpoint's). Null starts with a new network.
    /// </summary>
    [Id(5)]
    public string? ResumeFrom { get; init; }

    /// <summary>Environment steps of that checkpoint, set by the run when it is created; they count towards <c>run.steps</c>.</summary>
    [Id(6)]
    public long ResumedSteps { get; init; }

    /// <summary>The environment's spaces, limit and threshold as JSON, set by the run when it is created; for clients without its assembly.</summary>
    [Id(7)]
    public string? EnvironmentJson { get; init; }
}
