using Krewe.Actors;
using Krewe.Contracts;


namespace Krewe.Runtime;

/// <summary>An actor of this process in lock step.</summary>
/// <param name="actor">The actor.</param>
internal sealed class LocalLockStepActor(ActorLoop actor) : ILockStepActor
{
    public bool Collect() => actor.Collect();

    public AppendStatus Push(TimeSpan timeout, CancellationToken cancellationToken) => actor.Push(timeout, cancellationToken);
}
