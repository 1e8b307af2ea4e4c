using System.Diagnostics;

namespace Krewe.Replay;

/// <summary>
/// A queue of waiting calls in order of arrival, so that small requests cannot starve a large one. Holds at most one entry per thread and
/// allocates only while it grows. Guarded by its owner's lock.
/// </summary>
internal sealed class WaitQueue
{
    private readonly List<(long Ticket, int Transitions)> _waiters = [];
    private long _nextTicket;

    /// <summary>Total time of the waits that have ended, in ticks of <see cref="Stopwatch"/>.</summary>
    public long WaitedTicks { get; set; }

    /// <summary><see cref="WaitedTicks"/> as a time span.</summary>
    public TimeSpan Waited => Stopwatch.GetElapsedTime(0, WaitedTicks);

    /// <summary>Number of waiting calls.</summary>
    public int Count => _waiters.Count;

    /// <summary>Whether no call is waiting.</summary>
    public bool IsEmpty => _waiters.Count == 0;

    /// <summary>Number of transitions that the first call requests; the queue must not be empty.</summary>
    public int FirstTransitions => _waiters[0].Transitions;

    /// <summary>Adds a call at the end.</summary>
    /// <param name="transitions">Number of transitions that the call requests.</param>
    /// <returns>The ticket that identifies the call.</returns>
    public long Join(int transitions)
    {
        _waiters.Add((_nextTicket, transitions));
        return _nextTicket++;
    }

    /// <summary>Whether a ticket is the first in the queue.</summary>
    /// <param name="ticket">The ticket.</param>
    public bool IsFirst(long ticket) => _waiters[0].Ticket == ticket;

    /// <summary>Removes a call from any place in the queue.</summary>
    /// <param name="ticket">The ticket of the call.</param>
    public void Leave(long ticket)
    {
        int i = 0;
        while (_waiters[i].Ticket != ticket)
        {
            i++;
        }

        _waiters.RemoveAt(i);
    }
}
