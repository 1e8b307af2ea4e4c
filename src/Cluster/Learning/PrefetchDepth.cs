namespace Krewe.Cluster;

/// <summary>
/// How many chunks of samples of a shard may be here or on their way: few, unless the learner has long been waiting for the network. Not
/// thread-safe: guarded by the gate of the <see cref="PrefetchingReplay"/> that owns it.
/// </summary>
/// <remarks>
/// For the rate limiter what has been fetched has been learned from, so actors run that much further ahead of the learner. Always eight
/// chunks (512 mini-batches) let CartPole-v1, with two actors and two shards, be solved at 76,000 steps instead of 48,000 (medians of 24
/// seeds; 48,000 in one process). But where replay has to share a core with actors, three last for less time than it waits for the core,
/// and the learner loses a tenth of its updates.
/// </remarks>
internal sealed class PrefetchDepth
{
    /// <summary>Chunks of a learner that has what it needs.</summary>
    public const int Few = 3;

    /// <summary>Chunks of one that would wait otherwise.</summary>
    public const int Many = 8;

    /// <summary>The share of its time that a learner may wait.</summary>
    public const double Bearable = 0.03;

    /// <summary>The time of which that is a share: compiling at a run's start, for one, is over sooner.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromSeconds(1);

    /// <summary>After how long it is tried whether few would do.</summary>
    public static readonly TimeSpan Trial = TimeSpan.FromSeconds(15);

    private TimeSpan? _began;
    private TimeSpan _waited;
    private TimeSpan _manyUntil;

    /// <summary>Chunks of each shard.</summary>
    public int Chunks { get; private set; } = Few;

    /// <summary>The learner has waited, though shards gave all that they were asked for.</summary>
    /// <param name="time">For how long.</param>
    public void Waited(TimeSpan time) => _waited += time;

    /// <summary>Decides, once a <see cref="Window"/>.</summary>
    /// <param name="now">Time since any one moment.</param>
    public void Look(TimeSpan now)
    {
        TimeSpan window = now - (_began ??= now);
        if (window < Window)
        {
            return;
        }

        if (_waited > Bearable * window)
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
