using System.Runtime.InteropServices;
using Krewe.Contracts;

namespace Krewe.Actors;

/// <summary>
/// Accumulates the returns and lengths of one actor's episodes. Completed episodes are reported together at the end of a rollout, so that
/// the tracker's lock is taken once per rollout, not in every step. Not thread-safe.
/// </summary>
/// <param name="environments">Number of environments of the actor.</param>
/// <param name="segmentLength">Number of steps of each environment in a rollout.</param>
internal sealed class EpisodeCounter(int environments, int segmentLength)
{
    private readonly double[] _returns = new double[environments];
    private readonly int[] _lengths = new int[environments];
    private readonly double[] _endedReturns = new double[environments * segmentLength];
    private readonly int[] _endedLengths = new int[environments * segmentLength];
    private int _ended;

    /// <summary>Adds one step of every environment.</summary>
    /// <param name="rewards">Rewards, [N].</param>
    /// <param name="terminated">1 where the episode terminated, [N].</param>
    /// <param name="truncated">1 where it was truncated, [N].</param>
    public void Add(float[] rewards, byte[] terminated, byte[] truncated)
    {
        for (int i = 0; i < rewards.Length; i++)
        {
            _returns[i] += rewards[i];
            _lengths[i]++;
            if ((terminated[i] | truncated[i]) != 0)
            {
                _endedReturns[_ended] = _returns[i];
                _endedLengths[_ended++] = _lengths[i];
                _returns[i] = 0;
                _lengths[i] = 0;
            }
        }
    }

    /// <summary>Forgets the running episodes.</summary>
    public void Clear()
    {
        Array.Clear(_returns);
        Array.Clear(_lengths);
    }

    /// <summary>Writes the returns and lengths of the running episodes.</summary>
    public void Save(BinaryWriter writer)
    {
        writer.Write(MemoryMarshal.AsBytes<double>(_returns));
        writer.Write(MemoryMarshal.AsBytes<int>(_lengths));
    }

    /// <summary>Reads what <see cref="Save"/> wrote.</summary>
    public void Load(BinaryReader reader)
    {
        reader.ReadExactly(MemoryMarshal.AsBytes(_returns.AsSpan()));
        reader.ReadExactly(MemoryMarshal.AsBytes(_lengths.AsSpan()));
    }

    /// <summary>Reports the episodes completed since the last report.</summary>
    /// <param name="episodes">Receives the episodes.</param>
    /// <param name="counters">Receives their number.</param>
    public void Report(EpisodeTracker episodes, RunCounters counters)
    {
        if (_ended > 0)
        {
            episodes.Add(_endedReturns.AsSpan(0, _ended), _endedLengths.AsSpan(0, _ended));
            counters.AddEpisodes(_ended);
            _ended = 0;
        }
    }
}
