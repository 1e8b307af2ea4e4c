namespace Krewe.Cluster;

/// <summary>
/// Says when a silo can use another policy: when a quarter of its actors have begun a window since the last one came. The learner sends a
/// silo the next policy when it has answered the one before, so silos with slow environments, whose actors would skip most versions, do
/// not cost it the sending of them. On a silo of fewer than four actors that is a quarter of the time that a window takes: what it asked
/// for when one begins would come too late for it. No wait is longer than <see cref="LongestWait"/>. Any thread.
/// </summary>
/// <remarks>
/// 256 actors with windows of 160 ms on four silos, 4-256-256-2: a message of 270 KB cost 0.6 ms of processor time on both sides
/// together, and with 125 versions a second to each silo that was a third of a core.
/// </remarks>
/// <param name="time">The clock.</param>
internal sealed class PolicyDemand(TimeProvider time)
{
    /// <summary>How old a policy can get because nobody asked for a newer one.</summary>
    public static readonly TimeSpan LongestWait = TimeSpan.FromMilliseconds(40);

    // Timers know whole milliseconds.
    private static readonly TimeSpan ShortestWait = TimeSpan.FromMilliseconds(1);

    private readonly Lock _lock = new();
    private TaskCompletionSource? _wanted;
    private int _windowsLeft;
    private long? _lastWindow;
    private TimeSpan _betweenWindows;

    /// <summary>An actor ends a window: the next begins with the newest policy.</summary>
    public void WindowEnded()
    {
        TaskCompletionSource? wanted = null;
        lock (_lock)
        {
            long now = time.GetTimestamp();
            _betweenWindows = _lastWindow is { } last ? time.GetElapsedTime(last, now) : default;
            _lastWindow = now;
            if (_wanted is not null && --_windowsLeft <= 0)
            {
                (wanted, _wanted) = (_wanted, null);
            }
        }

        wanted?.TrySetResult();
    }

    /// <summary>A policy has come: waits until the next can be used.</summary>
    /// <param name="actors">Actors on the silo.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task WaitForNext(int actors, CancellationToken cancellationToken)
    {
        var wanted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource? before;
        TimeSpan wait = LongestWait;
        lock (_lock)
        {
            (before, _wanted) = (_wanted, wanted);
            _windowsLeft = actors / 4;
            if (actors is > 0 and < 4)
            {
                // Windows do not end this wait, there would have to be a part of one.
                _windowsLeft = int.MaxValue;
                TimeSpan quarter = actors * _betweenWindows / 4;
                wait = quarter < LongestWait ? quarter : LongestWait;
            }
        }

        // Of two learners, one of which does not know yet that it was superseded, none waits for the other's.
        before?.TrySetResult();
        if (wait >= ShortestWait)
        {
            await wanted.Task.WaitAsync(wait, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
