using Krewe.Contracts;

namespace Krewe.Cluster;

/// <summary>
/// Detects a batch that was already stored: an actor has one batch in flight at a time and numbers batches upwards, so the last number of
/// each actor is enough. Not thread-safe: owned by one grain.
/// </summary>
internal sealed class RepeatedBatches
{
    private readonly Dictionary<int, long> _last = [];

    /// <summary>Whether the batch, or a later one of its actor, was stored.</summary>
    /// <param name="batch">The batch.</param>
    public bool Contains(SegmentBatch batch) => _last.TryGetValue(batch.ActorId, out long last) && batch.Sequence <= last;

    /// <summary>Records a stored batch.</summary>
    /// <param name="batch">The batch.</param>
    public void Add(SegmentBatch batch) => _last[batch.ActorId] = batch.Sequence;
}
