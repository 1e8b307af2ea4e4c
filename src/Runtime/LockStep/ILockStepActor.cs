using Krewe.Contracts;


namespace Krewe.Runtime;

/// <summary>An actor in lock step, in this process or on another silo.</summary>
public interface ILockStepActor
{
    /// <summary>Steps the environments for one window.</summary>
    /// <returns>Whether there is a window to push; false when the budget of steps is spent.</returns>
    bool Collect();

    /// <summary>Pushes the window; call again with the same window when replay does not accept it.</summary>
    /// <param name="timeout">The longest wait for the rate limiter.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    AppendStatus Push(TimeSpan timeout, CancellationToken cancellationToken);
}
