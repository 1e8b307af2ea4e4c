using System.Diagnostics;
using Krewe.Contracts;

namespace Krewe.Replay;

/// <summary>
/// The waiting around a <see cref="RateLimiter"/>: appends and samples stand in two lines and are woken when their turn has come,
/// when their time is up, when they are cancelled and when replay closes. Every member is called with the gate locked; the waits
/// release it meanwhile.
/// </summary>
/// <remarks>
/// An append is announced (<see cref="WaitToAppend"/> reserves its place in the band), copied, and then committed or withdrawn; the
/// owner may release the gate in between. Only what is committed counts for samples.
/// </remarks>
internal sealed class Pacer
{
    private static readonly Action<object?> WakeAll = static gate =>
    {
        lock (gate!)
        {
            Monitor.PulseAll(gate);
        }
    };

    private readonly object _gate;
    private readonly RateLimiter _limiter;
    private readonly WaitLine _appends = new();
    private readonly WaitLine _samples = new();
    private long _announced;
    private bool _appendsComplete;
    private bool _closed;

    /// <summary>Creates the pacer.</summary>
    /// <param name="gate">The lock that guards it.</param>
    /// <param name="limiter">The limiter; the pacer becomes its only user.</param>
    public Pacer(object gate, RateLimiter limiter)
    {
        _gate = gate;
        _limiter = limiter;
    }

    /// <summary>Transitions stored, all counted.</summary>
    public long Inserted { get; private set; }

    /// <summary>Transitions sampled, all counted.</summary>
    public long Sampled { get; private set; }

    /// <summary>Time that ended waits of appends took, summed.</summary>
    public TimeSpan AppendWait => _appends.Waited;

    /// <summary>Time that ended waits for samples took, summed.</summary>
    public TimeSpan SampleWait => _samples.Waited;

    /// <summary>Callers that stand in a line.</summary>
    public int Waiting => _appends.Count + _samples.Count;

    /// <summary>The counters to save.</summary>
    public PacerState State
    {
        get => new(_limiter.State, Inserted, Sampled);
        set
        {
            _limiter.State = value.Band;
            (Inserted, Sampled) = (value.Inserted, value.Sampled);
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Waits until an append may go in, and announces it.</summary>
    /// <param name="transitions">Its transitions.</param>
    /// <param name="timeout">How long to wait at most.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns><see cref="AppendStatus.Stored"/>: announced, to be committed or withdrawn. Otherwise nothing was announced.</returns>
    public AppendStatus WaitToAppend(int transitions, TimeSpan timeout, CancellationToken cancellationToken) =>
        WaitForTurn(_appends, transitions, timeout, cancellationToken) switch
        {
            Turn.Taken => AppendStatus.Stored,
            Turn.Closed => AppendStatus.Closed,
            _ => AppendStatus.RateLimited,
        };

    /// <summary>Counts an announced append that has been stored.</summary>
    /// <param name="transitions">Its transitions.</param>
    public void CommitAppend(int transitions)
    {
        _announced -= transitions;
        _limiter.Insert(transitions);
        Inserted += transitions;
        WakeNext();
    }

    /// <summary>Takes back an announced append that could not be stored.</summary>
    /// <param name="transitions">Its transitions.</param>
    public void WithdrawAppend(int transitions)
    {
        _announced -= transitions;
        WakeNext();
    }

    /// <summary>Waits until a sample may go out, and counts it.</summary>
    /// <param name="transitions">Its transitions.</param>
    /// <param name="timeout">How long to wait at most.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public SampleStatus WaitToSample(int transitions, TimeSpan timeout, CancellationToken cancellationToken) =>
        WaitForTurn(_samples, transitions, timeout, cancellationToken) switch
        {
            Turn.Taken => SampleStatus.Sampled,
            Turn.Closed => SampleStatus.Closed,
            _ => SampleStatus.RateLimited,
        };

    /// <summary>Counts as large a sample as may go out at once, without waiting and without passing those who wait.</summary>
    /// <param name="fewest">The fewest transitions worth having, at least 1.</param>
    /// <param name="most">The most transitions wanted.</param>
    /// <param name="transitions">Receives how many were counted; 0 unless sampled.</param>
    public SampleStatus TrySampleUpTo(int fewest, int most, out int transitions)
    {
        transitions = (int)Math.Clamp(_limiter.Samplable, fewest, most);
        SampleStatus status = WaitToSample(transitions, TimeSpan.Zero, CancellationToken.None);
        if (status != SampleStatus.Sampled)
        {
            transitions = 0;
        }

        return status;
    }

    /// <summary>Takes back a sample that came to nothing.</summary>
    /// <param name="transitions">Its transitions.</param>
    public void WithdrawSample(int transitions) => CountSample(-transitions);

    /// <summary>Starts the band again, as before the first append: for a replay that has lost all it held.</summary>
    public void Restart()
    {
        _limiter.State = default;
        Monitor.PulseAll(_gate);
    }

    /// <summary>No append will come any more: further ones are answered Closed, samples go on while the band allows.</summary>
    public void CompleteAppends()
    {
        _appendsComplete = true;
        Monitor.PulseAll(_gate);
    }

    /// <summary>Everything is answered Closed from now on.</summary>
    public void Close()
    {
        _closed = true;
        Monitor.PulseAll(_gate);
    }

    private Turn WaitForTurn(WaitLine line, int transitions, TimeSpan timeout, CancellationToken cancellationToken)
    {
        Turn turn = TakeTurn(line, transitions, isFirst: line.IsEmpty);
        return turn == Turn.NotYet && timeout != TimeSpan.Zero
            ? StandInLine(line, transitions, timeout, cancellationToken)
            : turn;
    }

    private Turn StandInLine(WaitLine line, int transitions, TimeSpan timeout, CancellationToken cancellationToken)
    {
        long began = Stopwatch.GetTimestamp();
        long ticket = line.Join(transitions);
        CancellationTokenRegistration registration = cancellationToken.UnsafeRegister(WakeAll, _gate);
        try
        {
            while (true)
            {
                cancellationToken.ThrowIfCancellationRequested();
                Turn turn = TakeTurn(line, transitions, line.IsFirst(ticket));
                if (turn != Turn.NotYet || !WaitUntil(began, timeout))
                {
                    return turn;
                }
            }
        }
        finally
        {
            // Not Dispose: it would wait for a callback that waits for the gate.
            registration.Unregister();
            line.Leave(ticket);
            line.WaitedTicks += Stopwatch.GetTimestamp() - began;
            WakeNext();
        }
    }

    private Turn TakeTurn(WaitLine line, int transitions, bool isFirst)
    {
        bool isAppend = ReferenceEquals(line, _appends);
        if (_closed || (isAppend && _appendsComplete))
        {
            return Turn.Closed;
        }

        if (isAppend)
        {
            if (!isFirst || !_limiter.CanInsert(transitions, before: _announced))
            {
                return Turn.NotYet;
            }

            _announced += transitions;
            return Turn.Taken;
        }

        if (!_limiter.CanSample(transitions))
        {
            // Without appends to come, or on their way, the band will never let it out.
            return _appendsComplete && _announced == 0 ? Turn.Closed : Turn.NotYet;
        }

        if (!isFirst)
        {
            return Turn.NotYet;
        }

        CountSample(transitions);
        return Turn.Taken;
    }

    private void CountSample(int transitions)
    {
        _limiter.Sample(transitions);
        Sampled += transitions;
        WakeNext();
    }

    /// <summary>Releases the gate until it is pulsed or the time is up. False: the time was up before.</summary>
    private bool WaitUntil(long began, TimeSpan timeout)
    {
        if (timeout == Timeout.InfiniteTimeSpan)
        {
            return Monitor.Wait(_gate);
        }

        double remaining = (timeout - Stopwatch.GetElapsedTime(began)).TotalMilliseconds;
        if (remaining <= 0)
        {
            return false;
        }

        Monitor.Wait(_gate, (int)Math.Min(Math.Ceiling(remaining), int.MaxValue));
        return true;
    }

    /// <summary>
    /// Wakes the waiters if one of them can go on: all of them, because one lock has one queue, but not those that would only look
    /// and wait again. Once appends are complete a change may also mean that somebody waits in vain.
    /// </summary>
    private void WakeNext()
    {
        bool append = !_appends.IsEmpty && _limiter.CanInsert(_appends.FirstTransitions, before: _announced);
        bool sample = !_samples.IsEmpty && (_appendsComplete || _limiter.CanSample(_samples.FirstTransitions));
        if (append || sample)
        {
            Monitor.PulseAll(_gate);
        }
    }

    private enum Turn
    {
        NotYet,
        Taken,
        Closed,
    }
}

/// <summary>The counters of a <see cref="Pacer"/>.</summary>
/// <param name="Band">The limiter's counters; they start again when everything stored was lost.</param>
/// <param name="Inserted">Transitions stored, all counted.</param>
/// <param name="Sampled">Transitions sampled, all counted.</param>
internal readonly record struct PacerState(RateLimiterState Band, long Inserted, long Sampled);
