using System.Diagnostics;

namespace Krewe.Replay;

/// <summary>
/// Who waits, first come first served, so that a large request is not passed by small ones for ever. Holds at most one entry a
/// thread and allocates only while it grows. Guarded by its owner's lock.
/// </summary>
internal sealed class WaitLine
{
    private readonly List<(long Ticket, int Transitions)> _waiters = [];
    private long _nextTicket;

    /// <summary>Time that those who have left the line had waited, summed, in ticks of <see cref="Stopwatch"/>.</summary>
    public long WaitedTicks { get; set; }

    /// <summary>The same as a time.</summary>
    public TimeSpan Waited => Stopwatch.GetElapsedTime(0, WaitedTicks);

    /// <summary>How many wait.</summary>
    public int Count => _waiters.Count;

    /// <summary>Whether nobody waits.</summary>
    public bool IsEmpty => _waiters.Count == 0;

    /// <summary>What the first in line wants; only while somebody waits.</summary>
    public int FirstTransitions => _waiters[0].Transitions;

    /// <summary>Joins the end of the line.</summary>
    /// <param name="transitions">How many transitions are wanted.</param>
    /// <returns>The ticket.</returns>
    public long Join(int transitions)
    {
        _waiters.Add((_nextTicket, transitions));
        return _nextTicket++;
    }

    /// <summary>Whether a ticket is the first in line.</summary>
    /// <param name="ticket">The ticket.</param>
    public bool IsFirst(long ticket) => _waiters[0].Ticket == ticket;

    /// <summary>Leaves the line, from wherever in it.</summary>
    /// <param name="ticket">The ticket.</param>
    public void Leave(long ticket)
    {
        for (int i = 0; i < _waiters.Count; i++)
        {
            if (_waiters[i].Ticket == ticket)
            {
                _waiters.RemoveAt(i);
                return;
            }
        }
    }
}
