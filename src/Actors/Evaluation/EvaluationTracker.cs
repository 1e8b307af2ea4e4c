namespace Krewe.Actors;

/// <summary>
/// Tracks the evaluations of a run: when the next one is due, the best mean, and when the run was first solved. Thread-safe.
/// </summary>
public sealed class EvaluationTracker
{
    private readonly Lock _lock = new();
    private readonly long _interval;
    private readonly double? _threshold;
    private long _next;
    private int _skipped;
    private double? _best;
    private double? _kept;
    private (double Seconds, long Step)? _solved;

    /// <summary>Creates a tracker.</summary>
    /// <param name="interval">Environment steps between two evaluations.</param>
    /// <param name="threshold">Mean return at which the environment counts as solved; null for none.</param>
    /// <param name="steps">Environment steps before a resume; 0 for a new run.</param>
    /// <param name="best">The best mean before a resume; null for none.</param>
    /// <param name="kept">
    /// The mean of the best network that is kept from before a resume; null for none. It is above <paramref name="best"/> if it was found after
    /// the checkpoint that is resumed.
    /// </param>
    /// <param name="solved">When the run was first solved before a resume; null if it was not.</param>
    public EvaluationTracker(long interval, double? threshold, long steps = 0, double? best = null, double? kept = null, (double Seconds, long Step)? solved = null)
    {
        _interval = interval;
        _threshold = threshold;
        _next = ((steps / interval) + 1) * interval;
        _best = best;
        _kept = kept;
        _solved = solved;
    }

    /// <summary>
    /// Number of scheduled evaluations that were skipped: because the actors took the steps of several at once, or the run was interrupted.
    /// </summary>
    public int Skipped
    {
        get
        {
            lock (_lock)
            {
                return _skipped;
            }
        }
    }

    /// <summary>The best mean so far, that of a kept network included; null before the first evaluation.</summary>
    public double? Best
    {
        get
        {
            lock (_lock)
            {
                return _kept > _best || _best is null ? _kept : _best;
            }
        }
    }

    /// <summary>
    /// The best mean that this run has reached at its current step; null for none. A resumed run may keep a better network, which it had found
    /// at a later step before it was killed: <see cref="Best"/> includes that one. A checkpoint records this value, so that a run that is resumed
    /// from it selects the same candidates again.
    /// </summary>
    public double? BestAtStep
    {
        get
        {
            lock (_lock)
            {
                return _best;
            }
        }
    }

    /// <summary>
    /// Seconds of training and environment steps at the first confirmed evaluation that reached the threshold; null if there was none.
    /// </summary>
    public (double Seconds, long Step)? Solved
    {
        get
        {
            lock (_lock)
            {
                return _solved;
            }
        }
    }

    /// <summary>Returns whether an evaluation is due, and if so schedules the next one.</summary>
    /// <param name="steps">Environment steps so far.</param>
    public bool TakeDue(long steps)
    {
        // Called after every update and nearly always too early: that answer needs no lock.
        if (!IsDue(steps))
        {
            return false;
        }

        lock (_lock)
        {
            if (steps < _next)
            {
                return false;
            }

            // Evaluations that became due in between are skipped, not queued.
            _skipped += (int)((steps / _interval) - (_next / _interval));
            Volatile.Write(ref _next, ((steps / _interval) + 1) * _interval);
            return true;
        }
    }

    /// <summary>Counts an evaluation that was due and did not end.</summary>
    public void Skip()
    {
        lock (_lock)
        {
            _skipped++;
        }
    }

    /// <summary>Whether an evaluation is due; <see cref="TakeDue"/> takes it.</summary>
    /// <param name="steps">Environment steps so far.</param>
    public bool IsDue(long steps) => steps >= Volatile.Read(ref _next);

    /// <summary>
    /// Whether a mean is above the best, so that its network is evaluated again, on other episodes: one high mean may be luck. A resumed run
    /// answers as it did before, whatever it kept.
    /// </summary>
    /// <param name="mean">The mean of an evaluation.</param>
    public bool IsCandidate(double mean)
    {
        lock (_lock)
        {
            return !(mean <= _best) || (_solved is null && mean >= _threshold);
        }
    }

    /// <summary>Records the second evaluation of a network whose first was above the best.</summary>
    /// <param name="result">The result of the second.</param>
    /// <param name="seconds">Seconds of training when the result was known.</param>
    /// <param name="step">Environment steps when its network was captured.</param>
    /// <returns>Whether it is better than all before it and not worse than the one kept, and whether it is the first to reach the threshold.</returns>
    public (bool IsBest, bool IsFirstSolved) Record(EvaluationResult result, double seconds, long step)
    {
        lock (_lock)
        {
            bool isBetter = !(result.Mean <= _best);
            bool isBest = isBetter && !(result.Mean < _kept);
            _best = isBetter ? result.Mean : _best;
            _kept = isBest ? result.Mean : _kept;

            bool isFirstSolved = _solved is null && result.Mean >= _threshold;
            if (isFirstSolved)
            {
                _solved = (seconds, step);
            }

            return (isBest, isFirstSolved);
        }
    }
}
