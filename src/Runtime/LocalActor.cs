using Krewe.Actors;
using Krewe.Contracts;

namespace Krewe.Runtime;

/// <summary>
/// An actor in this process. It checks between environment steps whether the run is stopping, so that it can abandon a slow rollout. In lock
/// step it ends the rollout, unless it takes longer than the host waits: a resumed run continues exactly behind it.
/// </summary>
/// <param name="loop">The actor; owned and disposed.</param>
/// <param name="stop">The run's stop.</param>
/// <param name="inLockStep">Whether the run is in lock step.</param>
internal sealed class LocalActor(ActorLoop loop, RunStop stop, bool inLockStep) : ILockStepActor, IDisposable
{
    private static readonly TimeSpan Quantum = TimeSpan.FromMilliseconds(50);

    public ActorLoop Loop => loop;

    /// <summary>How long the current call into the actor's environments has taken; null when there is none. Thread-safe.</summary>
    public TimeSpan? InEnvironments => loop.InEnvironments;

    /// <summary>Steps the environments for one rollout. Also returns false when it was abandoned; the partial rollout is then lost.</summary>
    public bool Collect()
    {
        CollectStatus status = CollectStatus.Unfinished;
        while (status == CollectStatus.Unfinished && !(inLockStep ? stop.IsAbandoned : stop.IsRequested))
        {
            status = loop.Collect(Quantum);
        }

        return status == CollectStatus.Complete;
    }

    public void EndUnsavableEpisodes() => loop.EndUnsavableEpisodes();

    public AppendStatus Push(TimeSpan timeout, CancellationToken cancellationToken) => loop.Push(timeout, cancellationToken);

    public void Dispose()
    {
        // An actor that hangs in its environments was abandoned and must not be disposed while its thread uses it.
        if (InEnvironments is null)
        {
            loop.Dispose();
        }
    }
}
