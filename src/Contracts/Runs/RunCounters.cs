namespace Krewe.Contracts.Runs;

/// <summary>
/// What a run has done so far, shared by its actors and its learner, and the budget that actors draw steps from. Any thread may call.
/// </summary>
public sealed class RunCounters
{
    private long _claimedSteps;
    private long _environmentSteps;
    private long _updates;
    private long _episodes;

    /// <summary>Environment steps taken, over all actors and all resumed parts of the run.</summary>
    public long EnvironmentSteps
    {
        get => Volatile.Read(ref _environmentSteps);
        init => _environmentSteps = _claimedSteps = value;
    }

    /// <summary>Updates of the network.</summary>
    public long Updates
    {
        get => Volatile.Read(ref _updates);
        init => _updates = value;
    }

    /// <summary>Episodes ended.</summary>
    public long Episodes
    {
        get => Volatile.Read(ref _episodes);
        init => _episodes = value;
    }

    /// <summary>Takes steps from the run's budget before they are done, so that all actors together stop at the budget.</summary>
    /// <param name="wanted">How many steps an actor would do.</param>
    /// <param name="budget">Environment steps of the whole run.</param>
    /// <param name="start">The number of steps claimed before these: where the actor's schedules stand.</param>
    /// <returns>How many it may do: <paramref name="wanted"/>, fewer at the end, or 0.</returns>
    public long Claim(long wanted, long budget, out long start)
    {
        long claimed = Volatile.Read(ref _claimedSteps);
        while (true)
        {
            long granted = Math.Clamp(budget - claimed, 0, wanted);
            long seen = Interlocked.CompareExchange(ref _claimedSteps, claimed + granted, claimed);
            if (seen == claimed)
            {
                start = claimed;
                return granted;
            }

            claimed = seen;
        }
    }

    /// <summary>Counts environment steps done.</summary>
    /// <param name="steps">How many.</param>
    public void AddEnvironmentSteps(long steps) => Interlocked.Add(ref _environmentSteps, steps);

    /// <summary>Counts one update.</summary>
    public void AddUpdate() => Interlocked.Increment(ref _updates);

    /// <summary>Counts episodes ended.</summary>
    /// <param name="episodes">How many.</param>
    public void AddEpisodes(long episodes) => Interlocked.Add(ref _episodes, episodes);
}
