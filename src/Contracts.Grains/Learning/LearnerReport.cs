namespace Krewe.Contracts.Grains;

/// <summary>Where the learner stands.</summary>
[GenerateSerializer, Immutable, Alias("krewe.LearnerReport")]
public sealed record LearnerReport
{
    /// <summary>The learner's epoch.</summary>
    [Id(0)]
    public required long Epoch { get; init; }

    /// <summary>Where it is.</summary>
    [Id(1)]
    public required string Silo { get; init; }

    /// <summary>The figures that the learner knows: all but the actors'.</summary>
    [Id(2)]
    public required RunFigures Figures { get; init; }

    /// <summary>Points of the learning curve since the last report that was answered.</summary>
    [Id(3)]
    public IReadOnlyList<EvaluationPoint> Evaluations { get; init; } = [];

    /// <summary>Shards that answer.</summary>
    [Id(4)]
    public int ShardsRunning { get; init; }

    /// <summary>What the run came to; null while it goes on.</summary>
    [Id(5)]
    public RunOutcome? Outcome { get; init; }

    /// <summary>Why the learner failed; null if it did not.</summary>
    [Id(6)]
    public string? Failure { get; init; }
}
