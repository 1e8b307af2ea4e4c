using Krewe.Contracts;

namespace Krewe.Cluster;

/// <summary>A placeholder in an actor loop: an actor grain sends its batches itself and does not block a thread.</summary>
internal sealed class NoExperience : IExperience
{
    public static NoExperience Instance { get; } = new();

    public AppendStatus Append(SegmentBatch batch, TimeSpan timeout, CancellationToken cancellationToken) => throw NotHere();

    public ReplayStatistics GetStatistics() => throw NotHere();

    private static NotSupportedException NotHere() => new("an actor grain sends its batches to shard grains");
}
