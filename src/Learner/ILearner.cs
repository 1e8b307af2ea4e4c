using Krewe.Contracts;
using Krewe.Networks;

namespace Krewe.Learner;

/// <summary>
/// What learns from experience and publishes policies. A host calls it in a loop, on one thread; it never waits longer than the given
/// timeout. Not thread-safe except where stated.
/// </summary>
public interface ILearner : IDisposable
{
    /// <summary>What its policies are made of.</summary>
    PolicySpec Policy { get; }

    /// <summary>The last published version; -1 before the first. Thread-safe.</summary>
    long PolicyVersion { get; }

    /// <summary>The result of the last update. Thread-safe, but on another thread the three numbers may belong to two updates.</summary>
    TrainResult LastResult { get; }

    /// <summary>Performs one update.</summary>
    /// <param name="timeout">The maximum time to wait for experience; zero does not wait.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns><see cref="SampleStatus.Sampled"/> if an update was performed, otherwise the reason why not.</returns>
    /// <exception cref="NonFiniteUpdateException">An update is not finite and was not applied.</exception>
    SampleStatus Step(TimeSpan timeout, CancellationToken cancellationToken);

    /// <summary>Publishes the current policy as the next version.</summary>
    /// <exception cref="NonFiniteUpdateException">An update that was still in flight is not finite.</exception>
    void Publish();

    /// <summary>Visits everything that a checkpoint needs.</summary>
    /// <param name="visitor">Captures or replaces it.</param>
    /// <exception cref="NonFiniteUpdateException">An update that was still in flight is not finite.</exception>
    void Visit(IStateVisitor visitor);
}
