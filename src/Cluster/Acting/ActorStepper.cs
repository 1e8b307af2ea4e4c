using System.Diagnostics;
using Krewe.Actors;
using Krewe.Contracts;

namespace Krewe.Cluster;

/// <summary>
/// Steps one actor, one quantum per grain turn. A slow or blocking environment would occupy thread-pool threads that other grains need,
/// so its rollouts run on dedicated threads (see <see cref="RolloutThreads"/>).
/// </summary>
/// <remarks>
/// With one turn per step on a correspondingly enlarged thread pool, 256 actors that sleep 10 ms per step keep two cores busy with wake-ups
/// and spinning, and reach 4 % of the ideal speed.
/// </remarks>
/// <param name="actor">The actor.</param>
/// <param name="mayContinue">Checked between the steps of a slow rollout: false when the run pauses or the actor is released.</param>
internal sealed class ActorStepper(ActorLoop actor, Func<bool> mayContinue)
{
    private const int SlowTurns = 2;
    private static readonly TimeSpan Quantum = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan SlowTurn = TimeSpan.FromMilliseconds(8);
    private static readonly TimeSpan FastRollout = TimeSpan.FromMilliseconds(2);

    private int _slowTurns;

    /// <summary>Whether the environment is slow: its rollouts take longer than a quantum.</summary>
    private bool IsSlow => _slowTurns >= SlowTurns;

    /// <summary>Steps for up to one quantum.</summary>
    /// <exception cref="KreweException">The environment failed.</exception>
    public async ValueTask<CollectStatus> Step()
    {
        if (IsSlow)
        {
            return await RolloutThreads.Shared.Run(CollectRollout);
        }

        long began = Stopwatch.GetTimestamp();
        CollectStatus status = actor.Collect(Quantum);

        // A turn can be slow because another thread used the core, so two slow rollouts in a row are required.
        bool isSlow = status == CollectStatus.Unfinished && Stopwatch.GetElapsedTime(began) > SlowTurn;
        _slowTurns = isSlow ? _slowTurns + 1 : 0;
        return status;
    }

    private CollectStatus CollectRollout()
    {
        long began = Stopwatch.GetTimestamp();
        CollectStatus status;
        do
        {
            status = actor.Collect(TimeSpan.Zero);
        }
        while (status == CollectStatus.Unfinished && mayContinue());
        if (status == CollectStatus.Complete && Stopwatch.GetElapsedTime(began) < FastRollout)
        {
            _slowTurns = 0;
        }

        return status;
    }
}
