namespace Krewe.Replay;

/// <summary>Divides a mini-batch among shards. Thread-safe.</summary>
public static class ShardAllotment
{
    /// <summary>
    /// Divides <paramref name="batch"/> in proportion to the sizes of the shards: shard j gets the quota batch * size_j / total, rounded up
    /// or down at random so that its expectation is exactly the quota (systematic sampling: the running quota plus one common offset,
    /// rounded down). Integer arithmetic avoids drift, so the parts always add up.
    /// </summary>
    /// <param name="batch">Total number of transitions.</param>
    /// <param name="sizes">Number of transitions in each shard, [shards].</param>
    /// <param name="total">Their sum, positive.</param>
    /// <param name="offset">Uniform in [0, <paramref name="total"/>).</param>
    /// <param name="counts">Receives each shard's part, [shards].</param>
    public static void Divide(int batch, ReadOnlySpan<long> sizes, long total, long offset, Span<int> counts)
    {
        long running = offset;
        long given = 0;
        for (int j = 0; j < sizes.Length; j++)
        {
            running += checked(batch * sizes[j]);
            long upTo = running / total;
            counts[j] = (int)(upTo - given);
            given = upTo;
        }
    }
}
