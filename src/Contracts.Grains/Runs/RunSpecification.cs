namespace Krewe.Contracts.Grains;

/// <summary>What a run is: handed in once, then never changed.</summary>
[GenerateSerializer, Immutable, Alias("krewe.RunSpecification")]
public sealed record RunSpecification
{
    /// <summary>The run's id: letters, digits, <c>.</c>, <c>-</c> and <c>_</c>, at most 100; it names the run's folder too.</summary>
    [Id(0)]
    public required string RunId { get; init; }

    /// <summary>The effective options as the JSON object that <see cref="OptionBinder"/> reads and writes.</summary>
    [Id(1)]
    public required string OptionsJson { get; init; }

    /// <summary>
    /// Actors for each core of the actor silos, so that their number follows the silos that join and leave; 0 for
    /// <c>actor.count</c> actors, however many silos there are.
    /// </summary>
    [Id(2)]
    public double ActorsPerCore { get; init; }

    /// <summary>Seconds between two snapshots of a shard into the data folder; 0 for none.</summary>
    [Id(3)]
    public double SnapshotSeconds { get; init; }

    /// <summary>
    /// Hash of what a slot of replay holds (<see cref="SegmentSpec.Hash"/>), set by the run when it is created: a silo whose
    /// environment of that name has other shapes is refused. 0 before that.
    /// </summary>
    [Id(4)]
    public ulong SegmentHash { get; init; }

    /// <summary>
    /// The checkpoint that the run begins from: the id of an earlier run in the learner silos' data folder, or a folder that the learner
    /// silo can read (a run's, whose <c>last</c> is taken, or a checkpoint's). Null begins with a new network.
    /// </summary>
    [Id(5)]
    public string? ResumeFrom { get; init; }

    /// <summary>Environment steps of that checkpoint, set by the run when it is created; they count towards <c>run.steps</c>.</summary>
    [Id(6)]
    public long ResumedSteps { get; init; }

    /// <summary>The environment's spaces, limit and threshold as JSON, set by the run when it is created, so that a client can show the run without the environment's assembly.</summary>
    [Id(7)]
    public string? EnvironmentJson { get; init; }
}
