using Krewe.Contracts;

namespace Krewe.Runtime;

/// <summary>An actor in lock step, in this process or on another silo.</summary>
public interface ILockStepActor
{
    /// <summary>Steps the environments for one rollout.</summary>
    /// <returns>Whether there is a rollout to push; false when the budget of steps is spent.</returns>
    bool Collect();

    /// <summary>
    /// Called before a checkpoint: environments that cannot be saved start new episodes with the next rollout. Does nothing on another silo,
    /// whose actors are not in the checkpoint.
    /// </summary>
    void EndUnsavableEpisodes()
    {
    }

    /// <summary>Pushes the rollout. If replay does not accept it, call again with the same rollout.</summary>
    /// <param name="timeout">The longest wait for the rate limiter.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    AppendStatus Push(TimeSpan timeout, CancellationToken cancellationToken);
}
