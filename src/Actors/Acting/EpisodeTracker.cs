namespace Krewe.Actors.Acting;

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
            // Of more than a window full only the last can stay.
            for (int i = Math.Max(0, returns.Length - Window); i < returns.Length; i++)
            {
                int slot = (int)((_episodes + i) % Window);
                _returns[slot] = returns[i];
                _lengths[slot] = lengths[i];
            }

            _episodes += returns.Length;
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
