namespace Krewe.Cluster;

/// <summary>
/// Priorities on their way to a shard: they ride on the next request for samples, of which there is one for every chunk of rows that the
/// learner has used. Thread-safe.
/// </summary>
/// <param name="capacity">The most that are kept; further ones are dropped, and their samples keep the priorities that they have.</param>
internal sealed class PriorityOutbox(int capacity)
{
    private readonly Lock _lock = new();
    private readonly List<long> _positions = [];
    private readonly List<float> _priorities = [];
    private long _dropped;

    /// <summary>How many were dropped, or were lost with a request that failed.</summary>
    public long Dropped => Interlocked.Read(ref _dropped);

    /// <summary>Adds priorities.</summary>
    /// <param name="positions">Positions of the samples, [n].</param>
    /// <param name="priorities">Their priorities, [n].</param>
    public void Add(ReadOnlySpan<long> positions, ReadOnlySpan<float> priorities)
    {
        lock (_lock)
        {
            if (_positions.Count + positions.Length > capacity)
            {
                CountDropped(positions.Length);
                return;
            }

            _positions.AddRange(positions);
            _priorities.AddRange(priorities);
        }
    }

    /// <summary>Takes all.</summary>
    public (long[] Positions, float[] Priorities) Take()
    {
        lock (_lock)
        {
            (long[], float[]) all = ([.. _positions], [.. _priorities]);
            _positions.Clear();
            _priorities.Clear();
            return all;
        }
    }

    /// <summary>Counts priorities that were taken and did not reach the shard.</summary>
    /// <param name="count">How many.</param>
    public void CountDropped(int count) => Interlocked.Add(ref _dropped, count);
}
