using Krewe.Contracts;

namespace Krewe.Cluster;

/// <summary>A placeholder for the replay of an actor loop: an actor grain sends its batches itself and does not block a thread.</summary>
internal sealed class NoReplay : IReplay
{
    public static NoReplay Instance { get; } = new();

    public bool UsesPriorities => false;

    public AppendStatus Append(SegmentBatch batch, TimeSpan timeout, CancellationToken cancellationToken) => throw NotHere();

    public SampleStatus Sample(SampledBatch destination, TimeSpan timeout, CancellationToken cancellationToken) => throw NotHere();

    public void UpdatePriorities(ReadOnlySpan<int> shards, ReadOnlySpan<long> positions, ReadOnlySpan<float> priorities) => throw NotHere();

    public ReplayStatistics GetStatistics() => throw NotHere();

    private static NotSupportedException NotHere() => new("an actor grain sends its batches to shard grains");
}
