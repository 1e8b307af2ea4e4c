namespace Krewe.Contracts.Grains;

/// <summary>The figures of a run, as shown in the live view.</summary>
[GenerateSerializer, Immutable, Alias("krewe.RunFigures")]
public sealed record RunFigures
{
    /// <summary>Seconds of training, over all learners of the run.</summary>
    [Id(0)]
    public double Seconds { get; init; }

    /// <summary>Environment steps taken.</summary>
    [Id(1)]
    public long EnvironmentSteps { get; init; }

    /// <summary>Environment steps of the whole run.</summary>
    [Id(2)]
    public long StepBudget { get; init; }

    /// <summary>Updates of the network.</summary>
    [Id(3)]
    public long Updates { get; init; }

    /// <summary>Episodes ended.</summary>
    [Id(4)]
    public long Episodes { get; init; }

    /// <summary>Mean return of the last 100 episodes; null before the first has ended.</summary>
    [Id(5)]
    public double? MeanReturn { get; init; }

    /// <summary>Probability of a random action, of the first actor.</summary>
    [Id(6)]
    public double Epsilon { get; init; }

    /// <summary>Loss, mean Q and gradient norm of the last update.</summary>
    [Id(7)]
    public TrainResult LastUpdate { get; init; }

    /// <summary>The newest published version.</summary>
    [Id(8)]
    public long PolicyVersion { get; init; }

    /// <summary>Versions by which the slowest silo lags behind.</summary>
    [Id(9)]
    public long PolicyLag { get; init; }

    /// <summary>Counters of replay over all shards.</summary>
    [Id(10)]
    public ReplayStatistics Replay { get; init; }

    /// <summary>The last evaluation; null before the first.</summary>
    [Id(11)]
    public EvaluationPoint? LastEvaluation { get; init; }

    /// <summary>The best mean return of an evaluation; null before the first.</summary>
    [Id(12)]
    public double? BestMean { get; init; }
}
