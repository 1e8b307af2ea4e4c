namespace Krewe.Contracts;

/// <summary>
/// What lies between actors and learner: replay (<see cref="IReplay"/>), or a queue of rollouts (<see cref="IRollouts"/>). All members are
/// thread-safe.
/// </summary>
public interface IExperience
{
    /// <summary>
    /// Stores a batch of segments, waiting until there is room: until the rate limiter of a replay admits it, or a place in the queue is
    /// free. When this returns <see cref="AppendStatus.Stored"/>, the batch has been copied and can be reused; otherwise nothing was stored.
    /// </summary>
    /// <param name="batch">The batch.</param>
    /// <param name="timeout">The maximum time to wait; zero does not wait.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
    AppendStatus Append(SegmentBatch batch, TimeSpan timeout, CancellationToken cancellationToken);

    /// <summary>Returns the size and the counters.</summary>
    ReplayStatistics GetStatistics();
}
