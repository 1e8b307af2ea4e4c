using Krewe.Contracts;


namespace Krewe.Actors;

/// <summary>
/// Returns and lengths of one actor's episodes. What ended is reported together at the end of a rollout, so that the tracker's lock is
/// taken once a rollout, never in a step. One owner, one thread.
/// </summary>
/// <param name="environments">Environments that the actor steps.</param>
/// <param name="segmentLength">Steps of each environment in a rollout.</param>
internal sealed class EpisodeCounter(int environments, int segmentLength)
{
    private readonly double[] _returns = new double[environments];
    private readonly int[] _lengths = new int[environments];
    private readonly double[] _endedReturns = new double[environments * segmentLength];
    private readonly int[] _endedLengths = new int[environments * segmentLength];
    private int _ended;

    /// <summary>Counts one step of every environment.</summary>
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

    /// <summary>Hands over the episodes that ended since the last time.</summary>
    /// <param name="episodes">Where they go.</param>
    /// <param name="counters">Where they are counted.</param>
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
