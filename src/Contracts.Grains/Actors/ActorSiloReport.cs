namespace Krewe.Contracts.Grains;

/// <summary>The state of the actors of one silo; counts are since the previous report.</summary>
[GenerateSerializer, Immutable, Alias("krewe.ActorSiloReport")]
public sealed record ActorSiloReport
{
    /// <summary>The silo.</summary>
    [Id(0)]
    public required string Silo { get; init; }

    /// <summary>Running actors.</summary>
    [Id(1)]
    public required IReadOnlyList<int> Actors { get; init; }

    /// <summary>Environment steps taken.</summary>
    [Id(2)]
    public long Steps { get; init; }

    /// <summary>Episodes ended.</summary>
    [Id(3)]
    public long Episodes { get; init; }

    /// <summary>Returns of the most recent of them, at most 100.</summary>
    [Id(4)]
    public IReadOnlyList<double> Returns { get; init; } = [];

    /// <summary>Lengths of those episodes in steps.</summary>
    [Id(5)]
    public IReadOnlyList<int> Lengths { get; init; } = [];

    /// <summary>Epsilon of the silo's first actor.</summary>
    [Id(6)]
    public double Epsilon { get; init; }

    /// <summary>Number of that actor.</summary>
    [Id(7)]
    public int EpsilonOf { get; init; }

    /// <summary>The oldest policy version in use by an actor; -1 if no actor is acting.</summary>
    [Id(8)]
    public long PolicyVersion { get; init; }

    /// <summary>Leased environment steps that no actor has started.</summary>
    [Id(9)]
    public long StepsLeft { get; init; }

    /// <summary>Why an actor failed; null if none did.</summary>
    [Id(10)]
    public string? Failure { get; init; }

    /// <summary>The actor whose environments have not returned for the longest time, at least 5 s; null if there is none.</summary>
    [Id(11)]
    public int? HangingActor { get; init; }

    /// <summary>Seconds for which they have not returned.</summary>
    [Id(12)]
    public double HangingSeconds { get; init; }
}
