namespace Krewe.Actors;

/// <summary>
/// Tracks the evaluations of a run: when the next is due, which network was best, when the run was first solved. One lock
/// guards everything; any thread may call.
/// </summary>
public sealed class EvaluationTracker
{
    private readonly Lock _lock = new();
    private readonly long _interval;
    private readonly double? _threshold;
    private long _next;
    private int _skipped;
    private double? _best;
    private (double Seconds, long Step)? _solved;

    /// <summary>Makes a tracker.</summary>
    /// <param name="interval">Environment steps between two evaluations.</param>
    /// <param name="threshold">Mean return at which the environment counts as solved; null for none.</param>
    /// <param name="steps">Environment steps done before, after a resume.</param>
    /// <param name="best">Best mean before, after a resume.</param>
    /// <param name="solved">When the run was first solved, after a resume.</param>
    public EvaluationTracker(long interval, double? threshold, long steps = 0, double? best = null, (double Seconds, long Step)? solved = null)
    {
        _interval = interval;
        _threshold = threshold;
        _next = ((steps / interval) + 1) * interval;
        _best = best;
        _solved = solved;
    }

    /// <summary>Evaluations of the schedule that were left out because training was faster.</summary>
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

    /// <summary>The best mean so far; null before the first evaluation.</summary>
    public double? Best
    {
        get
        {
            lock (_lock)
            {
                return _best;
            }
        }
    }

    /// <summary>Seconds of training and environment steps at the first evaluation at or above the threshold; null if there was none.</summary>
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

    /// <summary>Whether an evaluation is due; if so the next one is scheduled.</summary>
    /// <param name="steps">Environment steps so far.</param>
    public bool TakeDue(long steps)
    {
        // Asked after every update, and nearly always too early: that answer needs no lock.
        if (steps < Volatile.Read(ref _next))
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

    /// <summary>Counts an evaluation that was due and is left out.</summary>
    public void Skip()
    {
        lock (_lock)
        {
            _skipped++;
        }
    }

    /// <summary>Records an evaluation.</summary>
    /// <param name="result">What it found.</param>
    /// <param name="seconds">Seconds of training when it was known.</param>
    /// <param name="step">Environment steps when its network was captured.</param>
    /// <returns>Whether it is better than all before it, and whether it is the first at or above the threshold.</returns>
    public (bool IsBest, bool IsFirstSolved) Record(EvaluationResult result, double seconds, long step)
    {
        lock (_lock)
        {
            bool isBest = _best is null || result.Mean > _best;
            if (isBest)
            {
                _best = result.Mean;
            }

            bool isFirstSolved = _solved is null && result.Mean >= _threshold;
            if (isFirstSolved)
            {
                _solved = (seconds, step);
            }

            return (isBest, isFirstSolved);
        }
    }
}
