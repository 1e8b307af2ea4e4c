namespace Krewe.Contracts;

/// <summary>
/// Rollouts on their way to a learner without replay: first in, first out, each taken once. A rollout is what an actor collects with one
/// policy: T steps of each of its environments as whole segments, with the probabilities of its behaviour, the final observations and the
/// policy's version. All members are thread-safe.
/// </summary>
public interface IRollouts : IExperience
{
    /// <summary>Takes the oldest rollout, waiting until there is one.</summary>
    /// <param name="destination">Receives the rollout; unchanged unless one was taken.</param>
    /// <param name="timeout">The maximum time to wait; zero does not wait.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>
    /// <see cref="SampleStatus.Sampled"/> if a rollout was taken, <see cref="SampleStatus.RateLimited"/> if there was none in time,
    /// <see cref="SampleStatus.Closed"/> if there will be none.
    /// </returns>
    /// <exception cref="ArgumentException">The destination is for another spec, or has too few slots.</exception>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
    SampleStatus Take(SegmentBatch destination, TimeSpan timeout, CancellationToken cancellationToken);
}
