using Krewe.Contracts;


namespace Krewe.Cluster;

/// <summary>
/// Recognises a batch that was stored already: an actor has one batch on its way at a time and numbers them upwards, so the last number
/// of each actor is enough. Owned by one grain.
/// </summary>
internal sealed class RepeatedBatches
{
    private readonly Dictionary<int, long> _last = [];

    /// <summary>Whether the batch, or a later one of its actor, was stored.</summary>
    /// <param name="batch">The batch.</param>
    public bool Contains(SegmentBatch batch) => _last.TryGetValue(batch.ActorId, out long last) && batch.Sequence <= last;

    /// <summary>The batch has been stored.</summary>
    /// <param name="batch">The batch.</param>
    public void Add(SegmentBatch batch) => _last[batch.ActorId] = batch.Sequence;
}
