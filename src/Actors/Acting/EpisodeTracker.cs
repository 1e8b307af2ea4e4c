namespace Krewe.Actors;

/// <summary>Returns and lengths of the last episodes of all actors. Any thread may call; one lock guards everything.</summary>
public sealed class EpisodeTracker
{
    /// <summary>Episodes that the means are taken over, as Gymnasium's and Stable-Baselines3's statistics do.</summary>
    public const int Window = 100;

    private readonly Lock _lock = new();
    private readonly double[] _returns = new double[Window];
    private readonly int[] _lengths = new int[Window];
    private long _episodes;

    /// <summary>Episodes ended since the tracker was made.</summary>
    public long Episodes
    {
        get
        {
            lock (_lock)
            {
                return _episodes;
            }
        }
    }

    /// <summary>Adds episodes in the order in which they ended.</summary>
    /// <param name="returns">Undiscounted returns, [n].</param>
    /// <param name="lengths">Lengths in steps, [n].</param>
    public void Add(ReadOnlySpan<double> returns, ReadOnlySpan<int> lengths)
    {
        lock (_lock)
        {
            // Only the last of more than fit can stay.
            for (int i = Math.Max(0, returns.Length - Window); i < returns.Length; i++)
            {
                int slot = (int)((_episodes + i) % Window);
                _returns[slot] = returns[i];
                _lengths[slot] = lengths[i];
            }

            _episodes += returns.Length;
        }
    }

    /// <summary>
    /// Copies the episodes that a reader has not seen, oldest first: for reports to another process. Of the missed ones only the last <see cref="Window"/> can be read; older ones are skipped.
    /// </summary>
    /// <param name="episode">
    /// Number of the first episode that the reader has not seen, from 0 in the order of <see cref="Add"/>; receives the next one's. Should
    /// there be more than fit into the spans, they can be read with the next call.
    /// </param>
    /// <param name="returns">Receives undiscounted returns.</param>
    /// <param name="lengths">Receives lengths in steps.</param>
    /// <returns>How many episodes were copied.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The number is negative or of an episode after the next.</exception>
    public int ReadSince(ref long episode, Span<double> returns, Span<int> lengths)
    {
        lock (_lock)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(episode);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(episode, _episodes);
            long first = Math.Max(episode, _episodes - Window);
            int count = (int)Math.Min(_episodes - first, Math.Min(returns.Length, lengths.Length));
            for (int i = 0; i < count; i++)
            {
                int slot = (int)((first + i) % Window);
                returns[i] = _returns[slot];
                lengths[i] = _lengths[slot];
            }

            episode = first + count;
            return count;
        }
    }

    /// <summary>Means over the last <see cref="Window"/> episodes, or as many as there are.</summary>
    /// <returns>Mean return and mean length; null before the first episode has ended.</returns>
    public (double Return, double Length)? Mean()
    {
        lock (_lock)
        {
            int count = (int)Math.Min(_episodes, Window);
            if (count == 0)
            {
                return null;
            }

            double returns = 0;
            double lengths = 0;
            for (int i = 0; i < count; i++)
            {
                returns += _returns[i];
                lengths += _lengths[i];
            }

            return (returns / count, lengths / count);
        }
    }
}
