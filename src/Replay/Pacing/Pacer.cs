using System.Diagnostics;
using Krewe.Contracts;

namespace Krewe.Replay;

/// <summary>
/// Waits for a <see cref="RateLimiter"/>: appends and samples queue separately, first come, first served. A wait ends when its turn
/// has come, its timeout has expired, it is cancelled or replay is closed. Every member may be called from any thread and takes
/// <see cref="SyncRoot"/>, which waits release; a caller that needs several steps at once holds it around them.
/// </summary>
/// <remarks>
/// An append reserves its place (<see cref="WaitToAppend"/>), is copied, with or without the lock, and then ends
/// (<see cref="EndAppend"/>). Only what was stored counts for samples.
/// </remarks>
/// <param name="limiter">The limiter; the pacer becomes its only user.</param>
internal sealed class Pacer(RateLimiter limiter)
{
    private static readonly Action<object?> WakeAll = static root =>
    {
        lock (root!)
        {
            Monitor.PulseAll(root);
        }
    };

    private readonly WaitQueue _appends = new();
    private readonly WaitQueue _samples = new();
    private long _reserved;
    private long _inserted;
    private long _sampled;
    private bool _appendsComplete;
    private bool _closed;

    /// <summary>The lock that guards the pacer.</summary>
    public object SyncRoot { get; } = new();

    /// <summary>Transitions of the largest sample that the limiter was built for.</summary>
    public int LargestSample => limiter.LargestSample;

    /// <summary>Number of waiting calls.</summary>
    public int Waiting
    {
        get
        {
            lock (SyncRoot)
            {
                return _appends.Count + _samples.Count;
            }
        }
    }

    /// <summary>The counters to save.</summary>
    public PacerState State
    {
        get
        {
            lock (SyncRoot)
            {
                return new PacerState(limiter.State, _inserted, _sampled);
            }
        }

        set
        {
            lock (SyncRoot)
            {
                limiter.State = value.Limiter;
                (_inserted, _sampled) = (value.Inserted, value.Sampled);
                Monitor.PulseAll(SyncRoot);
            }
        }
    }

    /// <summary>Waits until an append may go in, and reserves its place.</summary>
    /// <param name="transitions">Its transitions.</param>
    /// <param name="timeout">The longest wait; zero only tries.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns><see cref="AppendStatus.Stored"/>: reserved, <see cref="EndAppend"/> must follow. Otherwise nothing was reserved.</returns>
    /// <exception cref="ArgumentException">The append is larger than the limiter was built for, or the timeout is negative.</exception>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
    public AppendStatus WaitToAppend(int transitions, TimeSpan timeout, CancellationToken cancellationToken) =>
        WaitForTurn(_appends, transitions, limiter.LargestInsert, timeout, cancellationToken) switch
        {
            Turn.Taken => AppendStatus.Stored,
            Turn.Closed => AppendStatus.Closed,
            _ => AppendStatus.RateLimited,
        };

    /// <summary>Turns the reservation of an append into a count, or gives it back.</summary>
    /// <param name="transitions">Its transitions.</param>
    /// <param name="stored">Whether it was stored.</param>
    public void EndAppend(int transitions, bool stored)
    {
        lock (SyncRoot)
        {
            _reserved -= transitions;
            if (stored)
            {
                limiter.Insert(transitions);
                _inserted += transitions;
            }

            WakeNext();
        }
    }

    /// <summary>Waits until a sample may go out, and counts it.</summary>
    /// <param name="transitions">Its transitions.</param>
    /// <param name="timeout">The longest wait; zero only tries.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="ArgumentException">The sample is larger than the limiter was built for, or the timeout is negative.</exception>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
    public SampleStatus WaitToSample(int transitions, TimeSpan timeout, CancellationToken cancellationToken) =>
        WaitForTurn(_samples, transitions, limiter.LargestSample, timeout, cancellationToken) switch
        {
            Turn.Taken => SampleStatus.Sampled,
            Turn.Closed => SampleStatus.Closed,
            _ => SampleStatus.RateLimited,
        };

    /// <summary>Counts as large a sample as may go out now, without waiting and without overtaking waiting calls.</summary>
    /// <param name="fewest">The fewest transitions worth having, at least 1.</param>
    /// <param name="most">The most transitions wanted.</param>
    /// <param name="transitions">Receives how many were counted; meaningless unless sampled.</param>
    /// <exception cref="ArgumentException"><paramref name="fewest"/> is more than the limiter was built for.</exception>
    public SampleStatus TrySampleUpTo(int fewest, int most, out int transitions)
    {
        lock (SyncRoot)
        {
            most = Math.Max(fewest, Math.Min(most, LargestSample));
            transitions = (int)Math.Clamp(limiter.Samplable, fewest, most);
            return WaitToSample(transitions, TimeSpan.Zero, CancellationToken.None);
        }
    }

    /// <summary>Takes back a counted sample that could not be read.</summary>
    /// <param name="transitions">Its transitions.</param>
    public void WithdrawSample(int transitions)
    {
        lock (SyncRoot)
        {
            CountSample(-transitions);
        }
    }

    /// <summary>Starts the limiter again, as before the first append: for a replay that has lost all it held.</summary>
    public void Restart()
    {
        lock (SyncRoot)
        {
            limiter.State = default;
            Monitor.PulseAll(SyncRoot);
        }
    }

    /// <summary>No append follows: further ones return Closed, samples go on while the error buffer allows and then return Closed.</summary>
    public void CompleteAppends()
    {
        lock (SyncRoot)
        {
            _appendsComplete = true;
            Monitor.PulseAll(SyncRoot);
        }
    }

    /// <summary>Everything returns Closed from now on, waiting calls included.</summary>
    public void Close()
    {
        lock (SyncRoot)
        {
            _closed = true;
            Monitor.PulseAll(SyncRoot);
        }
    }

    /// <summary>The statistics of the replay that is paced.</summary>
    /// <param name="size">Transitions that it holds.</param>
    /// <param name="capacity">Its slots.</param>
    /// <param name="stale">Priority updates dropped.</param>
    /// <param name="shards">Its shards.</param>
    /// <param name="lost">How many of them are lost.</param>
    public ReplayStatistics GetStatistics(long size, long capacity, long stale, int shards = 1, int lost = 0)
    {
        lock (SyncRoot)
        {
            return new ReplayStatistics(size, capacity, _inserted, _sampled, stale, _appends.Waited, _samples.Waited, shards, lost);
        }
    }

    private static void ThrowTooLarge(string what, int transitions, int largest) => throw new ArgumentException(
        FormattableString.Invariant($"{what} of {transitions} transitions: the rate limiter was built for at most {largest}"));

    private Turn WaitForTurn(WaitQueue queue, int transitions, int largest, TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (timeout < TimeSpan.Zero && timeout != Timeout.InfiniteTimeSpan)
        {
            throw new ArgumentOutOfRangeException(nameof(timeout), timeout, "must not be negative, unless infinite");
        }

        if (transitions > largest)
        {
            ThrowTooLarge(ReferenceEquals(queue, _appends) ? "append" : "sample", transitions, largest);
        }

        cancellationToken.ThrowIfCancellationRequested();
        lock (SyncRoot)
        {
            Turn turn = TakeTurn(queue, transitions, isFirst: queue.IsEmpty);
            return turn == Turn.NotYet && timeout != TimeSpan.Zero
                ? WaitInQueue(queue, transitions, timeout, cancellationToken)
                : turn;
        }
    }

    private Turn WaitInQueue(WaitQueue queue, int transitions, TimeSpan timeout, CancellationToken cancellationToken)
    {
        long began = Stopwatch.GetTimestamp();
        long ticket = queue.Join(transitions);
        CancellationTokenRegistration registration = cancellationToken.UnsafeRegister(WakeAll, SyncRoot);
        try
        {
            while (true)
            {
                cancellationToken.ThrowIfCancellationRequested();
                Turn turn = TakeTurn(queue, transitions, queue.IsFirst(ticket));
                if (turn != Turn.NotYet || !WaitForPulse(began, timeout))
                {
                    return turn;
                }
            }
        }
        finally
        {
            // Not Dispose: it would wait for a callback that waits for the lock.
            registration.Unregister();
            queue.Leave(ticket);
            queue.WaitedTicks += Stopwatch.GetTimestamp() - began;
            WakeNext();
        }
    }

    private Turn TakeTurn(WaitQueue queue, int transitions, bool isFirst)
    {
        bool isAppend = ReferenceEquals(queue, _appends);
        if (_closed || (isAppend && _appendsComplete))
        {
            return Turn.Closed;
        }

        if (isAppend)
        {
            if (!isFirst || !limiter.CanInsert(transitions, before: _reserved))
            {
                return Turn.NotYet;
            }

            _reserved += transitions;
            return Turn.Taken;
        }

        if (!limiter.CanSample(transitions))
        {
            // Without appends to come or under way the limiter will never let it out.
            return _appendsComplete && _reserved == 0 ? Turn.Closed : Turn.NotYet;
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
        limiter.Sample(transitions);
        _sampled += transitions;
        WakeNext();
    }

    /// <summary>Releases the lock until it is pulsed or the timeout expires. False: it had expired before.</summary>
    private bool WaitForPulse(long began, TimeSpan timeout)
    {
        if (timeout == Timeout.InfiniteTimeSpan)
        {
            return Monitor.Wait(SyncRoot);
        }

        double remaining = (timeout - Stopwatch.GetElapsedTime(began)).TotalMilliseconds;
        if (remaining <= 0)
        {
            return false;
        }

        Monitor.Wait(SyncRoot, (int)Math.Min(Math.Ceiling(remaining), int.MaxValue));
        return true;
    }

    /// <summary>
    /// Wakes the waiting calls if one of them can go on: all of them, because a lock has one queue, but not when each would only look
    /// and wait again. Once appends are complete, a change may also mean that a sample waits in vain.
    /// </summary>
    private void WakeNext()
    {
        bool append = !_appends.IsEmpty && limiter.CanInsert(_appends.FirstTransitions, before: _reserved);
        bool sample = !_samples.IsEmpty && (_appendsComplete || limiter.CanSample(_samples.FirstTransitions));
        if (append || sample)
        {
            Monitor.PulseAll(SyncRoot);
        }
    }

    private enum Turn
    {
        NotYet,
        Taken,
        Closed,
    }
}

/// <summary>The counters behind a paced replay.</summary>
/// <param name="Limiter">The rate limiter's counters; they start again when everything stored was lost.</param>
/// <param name="Inserted">Transitions stored since the start of the run.</param>
/// <param name="Sampled">Transitions sampled since the start of the run.</param>
public readonly record struct PacerState(RateLimiterState Limiter, long Inserted, long Sampled);
