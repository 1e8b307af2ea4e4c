namespace Krewe.Contracts;

/// <summary>
/// The progress of a run, shared by its actors and its learner, and the steps that its actors may still claim. Thread-safe.
/// </summary>
/// <remarks>
/// In one process, the claimable steps are the run's budget. In a run of several processes the budget is kept elsewhere, and each process
/// is given one range of it after another: <see cref="Lease"/>.
/// </remarks>
public sealed class RunCounters
{
    private readonly Lock _claims = new();
    private long _claimed;
    private long _end = long.MaxValue;
    private long _environmentSteps;
    private long _updates;
    private long _episodes;

    /// <summary>
    /// Number of environment steps that actors may claim in total, counted from the start of the run. Unlimited by default; 0 if nothing
    /// may be claimed before the first <see cref="Lease"/>.
    /// </summary>
    public long Budget
    {
        get;
        init => field = _end = value;
    } = long.MaxValue;

    /// <summary>Environment steps taken by all actors, including those before a resume.</summary>
    public long EnvironmentSteps
    {
        get => Volatile.Read(ref _environmentSteps);
        init => _environmentSteps = _claimed = value;
    }

    /// <summary>Updates of the network.</summary>
    public long Updates
    {
        get => Volatile.Read(ref _updates);
        init => _updates = value;
    }

    /// <summary>Completed episodes.</summary>
    public long Episodes
    {
        get => Volatile.Read(ref _episodes);
        init => _episodes = value;
    }

    /// <summary>Steps that can be claimed now.</summary>
    public long Remaining
    {
        get
        {
            lock (_claims)
            {
                return Math.Max(0, _end - _claimed);
            }
        }
    }

    /// <summary>Claims steps from the budget or the lease before they are taken, so that all actors together stop at its end.</summary>
    /// <param name="wanted">Number of steps that the actor asks for.</param>
    /// <param name="start">Receives the number of steps of the run before the claimed ones, for the actor's schedules.</param>
    /// <returns>The number of steps granted: <paramref name="wanted"/>, fewer at the end, or 0.</returns>
    public long Claim(long wanted, out long start)
    {
        // Called once per rollout. A lock, because both ends of the range change together.
        lock (_claims)
        {
            long granted = Math.Clamp(_end - _claimed, 0, wanted);
            start = _claimed;
            _claimed += granted;
            return granted;
        }
    }

    /// <summary>Replaces the claimable range with the steps [start, end) of the run.</summary>
    /// <param name="start">The first step, not negative.</param>
    /// <param name="end">One past the last step, at least <paramref name="start"/>.</param>
    /// <returns>The number of steps of the previous range that were not claimed and now never will be.</returns>
    public long Lease(long start, long end)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfLessThan(end, start);
        lock (_claims)
        {
            long left = Math.Max(0, _end - _claimed);
            (_claimed, _end) = (start, end);
            return left;
        }
    }

    /// <summary>Adds environment steps taken.</summary>
    /// <param name="steps">The number to add.</param>
    public void AddEnvironmentSteps(long steps) => Interlocked.Add(ref _environmentSteps, steps);

    /// <summary>Adds one update.</summary>
    public void AddUpdate() => Interlocked.Increment(ref _updates);

    /// <summary>Adds completed episodes.</summary>
    /// <param name="episodes">The number to add.</param>
    public void AddEpisodes(long episodes) => Interlocked.Add(ref _episodes, episodes);
}
