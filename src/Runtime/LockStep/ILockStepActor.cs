using Krewe.Contracts;


namespace Krewe.Runtime;

/// <summary>An actor in lock step, in this process or not.</summary>
public interface ILockStepActor
{
    /// <summary>Steps the environments for one window.</summary>
    /// <returns>Whether there is a window to push; false when the budget of steps is used up.</returns>
    bool Collect();

    /// <summary>Pushes the window; to be called again with the same window when replay does not take it.</summary>
    /// <param name="timeout">How long to wait for the rate limiter at most.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    AppendStatus Push(TimeSpan timeout, CancellationToken cancellationToken);
}
