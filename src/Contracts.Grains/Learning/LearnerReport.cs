namespace Krewe.Contracts.Grains;

/// <summary>The state of the learner.</summary>
[GenerateSerializer, Immutable, Alias("krewe.LearnerReport")]
public sealed record LearnerReport
{
    /// <summary>The learner's epoch.</summary>
    [Id(0)]
    public required long Epoch { get; init; }

    /// <summary>The learner's silo.</summary>
    [Id(1)]
    public required string Silo { get; init; }

    /// <summary>The run's figures, except those that only the actors know.</summary>
    [Id(2)]
    public required RunFigures Figures { get; init; }

    /// <summary>Points of the learning curve since the last acknowledged report.</summary>
    [Id(3)]
    public IReadOnlyList<EvaluationPoint> Evaluations { get; init; } = [];

    /// <summary>Number of reachable shards.</summary>
    [Id(4)]
    public int ShardsRunning { get; init; }

    /// <summary>The run's outcome; null until it has ended.</summary>
    [Id(5)]
    public RunOutcome? Outcome { get; init; }

    /// <summary>Why the learner failed; null if it did not.</summary>
    [Id(6)]
    public string? Failure { get; init; }
}
