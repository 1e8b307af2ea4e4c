using System.Diagnostics;
using Krewe.Contracts;

namespace Krewe.Replay;

/// <summary>
/// Makes callers wait for a <see cref="RateLimiter"/>. Appends and samples queue separately, first come, first served. A wait ends when the
/// request is admitted, the timeout expires, the wait is cancelled or replay is closed. All members are thread-safe. They take
/// <see cref="SyncRoot"/>, which is released while waiting; to combine several calls atomically, hold it around them.
/// </summary>
/// <remarks>
/// An append first reserves its place (<see cref="WaitToAppend"/>), then copies its data, with or without the lock, and finally ends
/// (<see cref="EndAppend"/>). Only stored transitions count for samples.
/// </remarks>
/// <param name="limiter">The limiter, which must not be used elsewhere.</param>
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

    /// <summary>The largest sample, in transitions, that the limiter supports.</summary>
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

    /// <summary>The counters, for saving and restoring.</summary>
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

    /// <summary>Waits until an append is admitted, and reserves its place.</summary>
    /// <param name="transitions">Number of transitions.</param>
    /// <param name="timeout">The maximum time to wait; zero does not wait.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>
    /// <see cref="AppendStatus.Stored"/> if a place was reserved, in which case <see cref="EndAppend"/> must follow; otherwise nothing was
    /// reserved.
    /// </returns>
    /// <exception cref="ArgumentException">The append is larger than the limiter supports, or the timeout is negative.</exception>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
    public AppendStatus WaitToAppend(int transitions, TimeSpan timeout, CancellationToken cancellationToken) =>
        WaitForTurn(_appends, transitions, limiter.LargestInsert, timeout, cancellationToken) switch
        {
            Turn.Taken => AppendStatus.Stored,
            Turn.Closed => AppendStatus.Closed,
            _ => AppendStatus.RateLimited,
        };

    /// <summary>Ends an append: releases its reservation and, if it was stored, counts its transitions.</summary>
    /// <param name="transitions">Number of transitions.</param>
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

    /// <summary>Waits until a sample is admitted, and counts it.</summary>
    /// <param name="transitions">Number of transitions.</param>
    /// <param name="timeout">The maximum time to wait; zero does not wait.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="ArgumentException">The sample is larger than the limiter supports, or the timeout is negative.</exception>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
    public SampleStatus WaitToSample(int transitions, TimeSpan timeout, CancellationToken cancellationToken) =>
        WaitForTurn(_samples, transitions, limiter.LargestSample, timeout, cancellationToken) switch
        {
            Turn.Taken => SampleStatus.Sampled,
            Turn.Closed => SampleStatus.Closed,
            _ => SampleStatus.RateLimited,
        };

    /// <summary>Counts the largest sample that is admitted now, without waiting and without overtaking waiting calls.</summary>
    /// <param name="fewest">The minimum number of transitions, at least 1.</param>
    /// <param name="most">The maximum number of transitions.</param>
    /// <param name="transitions">Receives the number of transitions counted; undefined unless sampled.</param>
    /// <exception cref="ArgumentException"><paramref name="fewest"/> is more than the limiter supports.</exception>
    public SampleStatus TrySampleUpTo(int fewest, int most, out int transitions)
    {
        lock (SyncRoot)
        {
            most = Math.Max(fewest, Math.Min(most, LargestSample));
            transitions = (int)Math.Clamp(limiter.Samplable, fewest, most);
            return WaitToSample(transitions, TimeSpan.Zero, CancellationToken.None);
        }
    }

    /// <summary>Reverts the count of a sample that could not be read.</summary>
    /// <param name="transitions">Number of transitions.</param>
    public void WithdrawSample(int transitions)
    {
        lock (SyncRoot)
        {
            CountSample(-transitions);
        }
    }

    /// <summary>Restarts the limiter, for a replay that has lost its whole content.</summary>
    public void Restart()
    {
        lock (SyncRoot)
        {
            limiter.State = default;
            Monitor.PulseAll(SyncRoot);
        }
    }

    /// <summary>
    /// Declares that no appends follow: further appends return Closed; samples are admitted while the error buffer allows, then return
    /// Closed.
    /// </summary>
    public void CompleteAppends()
    {
        lock (SyncRoot)
        {
            _appendsComplete = true;
            Monitor.PulseAll(SyncRoot);
        }
    }

    /// <summary>Closes the pacer: all calls return Closed from now on, including those that are waiting.</summary>
    public void Close()
    {
        lock (SyncRoot)
        {
            _closed = true;
            Monitor.PulseAll(SyncRoot);
        }
    }

    /// <summary>Returns the statistics of the paced replay.</summary>
    /// <param name="size">Number of transitions stored.</param>
    /// <param name="capacity">Number of slots.</param>
    /// <param name="stale">Number of priority updates dropped.</param>
    /// <param name="shards">Number of shards.</param>
    /// <param name="lost">Number of lost shards.</param>
    public ReplayStatistics GetStatistics(long size, long capacity, long stale, int shards = 1, int lost = 0)
    {
        lock (SyncRoot)
        {
            return new ReplayStatistics(size, capacity, _inserted, _sampled, stale, _appends.Waited, _samples.Waited, shards, lost);
        }
    }

    private static void ThrowTooLarge(string what, int transitions, int largest) => throw new ArgumentException(
        FormattableString.Invariant($"{what} of {transitions} transitions: the rate limiter supports at most {largest}"));

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
            // Not Dispose, which would wait for a callback that itself waits for the lock.
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
            // With no append under way or to come, the limiter will never admit it.
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

    /// <summary>Releases the lock until it is pulsed or the timeout expires. Returns false if the timeout had already expired.</summary>
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
    /// Wakes the waiting calls if one of them can proceed: all of them, because a lock has a single queue, and none if each would only
    /// check and wait again. Once appends are complete, a change can also mean that a waiting sample will never be admitted.
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

/// <summary>The counters of a paced replay.</summary>
/// <param name="Limiter">The rate limiter's counters, which restart when the whole content was lost.</param>
/// <param name="Inserted">Transitions stored since the start of the run.</param>
/// <param name="Sampled">Transitions sampled since the start of the run.</param>
public readonly record struct PacerState(RateLimiterState Limiter, long Inserted, long Sampled);
