
namespace Krewe.Contracts;

/// <summary>
/// What a run has done so far, shared by its actors and its learner, and the steps that its actors may still claim. Any thread may call.
/// </summary>
/// <remarks>
/// In one process the claimable steps are the run's budget. In a run of several processes the budget is held elsewhere, and each process
/// is given ranges of it, one after another: <see cref="Lease"/>.
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
    /// Environment steps up to which actors may claim, counted from the start of the run; without bound unless set, 0 where nothing may
    /// be claimed before the first <see cref="Lease"/>.
    /// </summary>
    public long Budget
    {
        get;
        init => field = _end = value;
    } = long.MaxValue;

    /// <summary>Environment steps taken, over all actors and all resumed parts of the run.</summary>
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

    /// <summary>Episodes ended.</summary>
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

    /// <summary>Takes steps from the budget or the lease before they are done, so that all actors together stop at its end.</summary>
    /// <param name="wanted">How many steps an actor would do.</param>
    /// <param name="start">The number of steps of the run before these: where the actor's schedules stand.</param>
    /// <returns>How many it may do: <paramref name="wanted"/>, fewer at the end, or 0.</returns>
    public long Claim(long wanted, out long start)
    {
        // Taken once per rollout. A lock, because the range's two ends change together.
        lock (_claims)
        {
            long granted = Math.Clamp(_end - _claimed, 0, wanted);
            start = _claimed;
            _claimed += granted;
            return granted;
        }
    }

    /// <summary>Replaces what can be claimed by the steps [start, end) of the run.</summary>
    /// <param name="start">The first step, not negative.</param>
    /// <param name="end">Behind the last step, at least <paramref name="start"/>.</param>
    /// <returns>How many steps of the range before were not claimed and now never will be.</returns>
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

    /// <summary>Counts environment steps done.</summary>
    /// <param name="steps">How many.</param>
    public void AddEnvironmentSteps(long steps) => Interlocked.Add(ref _environmentSteps, steps);

    /// <summary>Counts one update.</summary>
    public void AddUpdate() => Interlocked.Increment(ref _updates);

    /// <summary>Counts episodes ended.</summary>
    /// <param name="episodes">How many.</param>
    public void AddEpisodes(long episodes) => Interlocked.Add(ref _episodes, episodes);
}
