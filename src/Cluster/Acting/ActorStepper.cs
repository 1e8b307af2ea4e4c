using System.Diagnostics;
using Krewe.Actors;
using Krewe.Contracts;

namespace Krewe.Cluster;

/// <summary>
/// Steps one actor, a quantum at a grain's turn. An environment that is slow, or waits for something itself, would keep threads of the
/// pool from everybody else: its windows are stepped on threads of their own, one for as long as the window takes (see
/// <see cref="WindowThreads"/>).
/// </summary>
/// <remarks>
/// 256 actors that sleep 10 ms a step, each step a turn on a pool enlarged to as many threads, kept two cores busy with waking and
/// spinning and reached 4 % of the ideal speed.
/// </remarks>
/// <param name="actor">The actor.</param>
/// <param name="mayGoOn">Asked between the steps of a slow window: false when the run pauses or the actor is released.</param>
internal sealed class ActorStepper(ActorLoop actor, Func<bool> mayGoOn)
{
    private const int SlowTurns = 2;
    private static readonly TimeSpan Quantum = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan SlowTurn = TimeSpan.FromMilliseconds(8);
    private static readonly TimeSpan FastWindow = TimeSpan.FromMilliseconds(2);

    private int _slowTurns;

    /// <summary>Whether the environment is slow: as long as its windows take longer than a quantum.</summary>
    private bool IsSlow => _slowTurns >= SlowTurns;

    /// <summary>Steps for a while.</summary>
    /// <exception cref="KreweException">The environment failed.</exception>
    public async ValueTask<CollectStatus> Step()
    {
        if (IsSlow)
        {
            return await WindowThreads.Shared.Run(StepWindow);
        }

        long began = Stopwatch.GetTimestamp();
        CollectStatus status = actor.Collect(Quantum);

        // A turn can take long because something else had the core; a window that is over proves nothing, two in a row prove enough.
        bool isSlow = status == CollectStatus.Unfinished && Stopwatch.GetElapsedTime(began) > SlowTurn;
        _slowTurns = isSlow ? _slowTurns + 1 : 0;
        return status;
    }

    private CollectStatus StepWindow()
    {
        long began = Stopwatch.GetTimestamp();
        CollectStatus status;
        do
        {
            status = actor.Collect(TimeSpan.Zero);
        }
        while (status == CollectStatus.Unfinished && mayGoOn());
        if (status == CollectStatus.Complete && Stopwatch.GetElapsedTime(began) < FastWindow)
        {
            _slowTurns = 0;
        }

        return status;
    }
}
