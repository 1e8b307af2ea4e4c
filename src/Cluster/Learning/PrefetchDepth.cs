namespace Krewe.Cluster;

/// <summary>
/// How many chunks of samples per shard may be buffered or in flight: few, unless the learner has been waiting for the network. Not
/// thread-safe: guarded by the gate of the <see cref="PrefetchingReplay"/> that owns it.
/// </summary>
/// <remarks>
/// The rate limiter counts fetched samples as used, so prefetching lets actors run further ahead of the learner. On CartPole-v1 with two
/// actors and two shards, a constant depth of eight chunks (512 mini-batches) takes 76,000 steps to solve instead of 48,000 (medians of 24
/// seeds; 48,000 in one process). But if replay shares a core with actors, three chunks do not last until replay gets the core again, and
/// the learner loses a tenth of its updates.
/// </remarks>
internal sealed class PrefetchDepth
{
    /// <summary>Chunks while the learner does not wait.</summary>
    public const int Few = 3;

    /// <summary>Chunks while it would otherwise wait.</summary>
    public const int Many = 8;

    /// <summary>The share of its time that a learner may wait.</summary>
    public const double MaxWaitShare = 0.03;

    /// <summary>The period over which that share is measured; longer than start-up effects such as JIT compilation.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromSeconds(1);

    /// <summary>How long to wait before trying the smaller depth again.</summary>
    public static readonly TimeSpan Trial = TimeSpan.FromSeconds(15);

    private TimeSpan? _began;
    private TimeSpan _waited;
    private TimeSpan _manyUntil;

    /// <summary>Chunks per shard.</summary>
    public int Chunks { get; private set; } = Few;

    /// <summary>Counts a wait of the learner although the shards returned all requested rows.</summary>
    /// <param name="time">The duration of the wait.</param>
    public void Waited(TimeSpan time) => _waited += time;

    /// <summary>Adjusts the depth once per <see cref="Window"/>.</summary>
    /// <param name="now">Time since a fixed moment.</param>
    public void Look(TimeSpan now)
    {
        TimeSpan window = now - (_began ??= now);
        if (window < Window)
        {
            return;
        }

        if (_waited > MaxWaitShare * window)
        {
            (Chunks, _manyUntil) = (Many, now + Trial);
        }
        else if (now >= _manyUntil)
        {
            Chunks = Few;
        }

        (_began, _waited) = (now, TimeSpan.Zero);
    }
}
