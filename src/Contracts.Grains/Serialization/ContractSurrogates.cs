namespace Krewe.Contracts.Grains;

// The contracts do not reference Orleans: these surrogates serialize the contract types that are part of messages.

[GenerateSerializer, Alias("krewe.TrainResult")]
internal struct TrainResultSurrogate
{
    [Id(0)]
    public float Loss;

    [Id(1)]
    public float MeanQ;

    [Id(2)]
    public float GradientNorm;
}

[RegisterConverter]
internal sealed class TrainResultConverter : IConverter<TrainResult, TrainResultSurrogate>
{
    public TrainResult ConvertFromSurrogate(in TrainResultSurrogate surrogate) => new(surrogate.Loss, surrogate.MeanQ, surrogate.GradientNorm);

    public TrainResultSurrogate ConvertToSurrogate(in TrainResult value) =>
        new() { Loss = value.Loss, MeanQ = value.MeanQ, GradientNorm = value.GradientNorm };
}

[GenerateSerializer, Alias("krewe.Pcg64State")]
internal struct Pcg64StateSurrogate
{
    [Id(0)]
    public UInt128 State;

    [Id(1)]
    public UInt128 Increment;

    [Id(2)]
    public bool HasHalf;

    [Id(3)]
    public uint Half;
}

[RegisterConverter]
internal sealed class Pcg64StateConverter : IConverter<Pcg64State, Pcg64StateSurrogate>
{
    public Pcg64State ConvertFromSurrogate(in Pcg64StateSurrogate surrogate) =>
        new(surrogate.State, surrogate.Increment, surrogate.HasHalf, surrogate.Half);

    public Pcg64StateSurrogate ConvertToSurrogate(in Pcg64State value) =>
        new() { State = value.State, Increment = value.Increment, HasHalf = value.HasHalf, Half = value.Half };
}

[GenerateSerializer, Alias("krewe.ReplayStatistics")]
internal struct ReplayStatisticsSurrogate
{
    [Id(0)]
    public long Size;

    [Id(1)]
    public long Capacity;

    [Id(2)]
    public long Inserted;

    [Id(3)]
    public long Sampled;

    [Id(4)]
    public long StaleUpdates;

    [Id(5)]
    public TimeSpan AppendWait;

    [Id(6)]
    public TimeSpan SampleWait;

    [Id(7)]
    public int Shards;

    [Id(8)]
    public int ShardsLost;
}

[RegisterConverter]
internal sealed class ReplayStatisticsConverter : IConverter<ReplayStatistics, ReplayStatisticsSurrogate>
{
    public ReplayStatistics ConvertFromSurrogate(in ReplayStatisticsSurrogate surrogate) => new(
        surrogate.Size,
        surrogate.Capacity,
        surrogate.Inserted,
        surrogate.Sampled,
        surrogate.StaleUpdates,
        surrogate.AppendWait,
        surrogate.SampleWait,
        surrogate.Shards,
        surrogate.ShardsLost);

    public ReplayStatisticsSurrogate ConvertToSurrogate(in ReplayStatistics value) => new()
    {
        Size = value.Size,
        Capacity = value.Capacity,
        Inserted = value.Inserted,
        Sampled = value.Sampled,
        StaleUpdates = value.StaleUpdates,
        AppendWait = value.AppendWait,
        SampleWait = value.SampleWait,
        Shards = value.Shards,
        ShardsLost = value.ShardsLost,
    };
}
