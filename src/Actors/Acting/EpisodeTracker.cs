using System.Runtime.InteropServices;

namespace Krewe.Actors;

/// <summary>Tracks the returns and lengths of the last episodes of all actors. Thread-safe.</summary>
public sealed class EpisodeTracker
{
    /// <summary>Number of episodes that the means are taken over, as in the statistics of Gymnasium and Stable-Baselines3.</summary>
    public const int Window = 100;

    private readonly Lock _lock = new();
    private readonly double[] _returns = new double[Window];
    private readonly int[] _lengths = new int[Window];
    private long _episodes;

    /// <summary>Number of episodes completed since the tracker was created.</summary>
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
            // If there are more episodes than fit, only the last ones are kept.
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
    /// Copies the episodes that a reader has not seen, oldest first, for reports to another process. Only the last <see cref="Window"/>
    /// episodes can be read; older ones are skipped.
    /// </summary>
    /// <param name="episode">
    /// Number of the first episode that the reader has not seen, from 0 in the order of <see cref="Add"/>; receives the number of the next
    /// one. If there are more episodes than fit into the spans, the next call reads the rest.
    /// </param>
    /// <param name="returns">Receives undiscounted returns.</param>
    /// <param name="lengths">Receives lengths in steps.</param>
    /// <returns>The number of episodes copied.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The number is negative or greater than that of the next episode.</exception>
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

    /// <summary>Writes the last episodes, for a checkpoint.</summary>
    /// <param name="writer">Receives them.</param>
    public void Save(BinaryWriter writer)
    {
        lock (_lock)
        {
            writer.Write(_episodes);
            writer.Write(MemoryMarshal.AsBytes<double>(_returns));
            writer.Write(MemoryMarshal.AsBytes<int>(_lengths));
        }
    }

    /// <summary>Replaces the last episodes.</summary>
    /// <param name="reader">Where <see cref="Save"/> wrote them.</param>
    public void Load(BinaryReader reader)
    {
        lock (_lock)
        {
            _episodes = Math.Max(0, reader.ReadInt64());
            reader.ReadExactly(MemoryMarshal.AsBytes(_returns.AsSpan()));
            reader.ReadExactly(MemoryMarshal.AsBytes(_lengths.AsSpan()));
        }
    }

    /// <summary>Returns the means over the last <see cref="Window"/> episodes, or over all if there are fewer.</summary>
    /// <returns>The mean return and the mean length; null before the first completed episode.</returns>
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
