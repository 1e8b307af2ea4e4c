using System.Diagnostics;

namespace Krewe.Replay;

/// <summary>
/// Waiting calls in order of arrival, so that small requests cannot overtake a large one for ever. Holds at most one entry per
/// thread and allocates only while it grows. Guarded by its owner's lock.
/// </summary>
internal sealed class WaitQueue
{
    private readonly List<(long Ticket, int Transitions)> _waiters = [];
    private long _nextTicket;

    /// <summary>Total time of the waits that have ended, in ticks of <see cref="Stopwatch"/>.</summary>
    public long WaitedTicks { get; set; }

    /// <summary>The same as a time.</summary>
    public TimeSpan Waited => Stopwatch.GetElapsedTime(0, WaitedTicks);

    /// <summary>Number of waiting calls.</summary>
    public int Count => _waiters.Count;

    /// <summary>Whether no call waits.</summary>
    public bool IsEmpty => _waiters.Count == 0;

    /// <summary>Transitions that the first call in the queue asks for; only while there is one.</summary>
    public int FirstTransitions => _waiters[0].Transitions;

    /// <summary>Adds a call at the end.</summary>
    /// <param name="transitions">Transitions it asks for.</param>
    /// <returns>The ticket that identifies it.</returns>
    public long Join(int transitions)
    {
        _waiters.Add((_nextTicket, transitions));
        return _nextTicket++;
    }

    /// <summary>Whether a ticket is the first in the queue.</summary>
    /// <param name="ticket">The ticket.</param>
    public bool IsFirst(long ticket) => _waiters[0].Ticket == ticket;

    /// <summary>Removes a call, wherever in the queue it is.</summary>
    /// <param name="ticket">Its ticket.</param>
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
