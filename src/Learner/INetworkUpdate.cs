using Krewe.Contracts;

namespace Krewe.Learner;

/// <summary>Gradient steps of one network on one objective. Not thread-safe.</summary>
public interface INetworkUpdate : IDisposable
{
    /// <summary>
    /// Number of updates that may begin before the results of an earlier one are read: 0 if an update is complete when <see cref="Begin"/>
    /// returns, more if a device works through a queue of updates.
    /// </summary>
    int StepsAhead { get; }

    /// <summary>
    /// Begins one gradient step on a batch: the mean of the samples' losses, each times its weight, gradients, clipping, optimizer. If
    /// the loss or the gradient is not finite, nothing is applied and <see cref="End"/> throws. All later calls to the network see the
    /// step done.
    /// </summary>
    /// <param name="batch">The batch, which must not change until the step's <see cref="End"/>.</param>
    /// <param name="learningRate">The step size.</param>
    /// <exception cref="ArgumentException">
    /// The batch was made for other observations, or an action or a discrete observation is out of range.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="learningRate"/> is negative or not finite.</exception>
    void Begin(SampledBatch batch, float learningRate);

    /// <summary>Returns the results of the oldest step that has not been ended.</summary>
    /// <param name="priorities">Receives the priority that the objective gives each sample, [batch.Count].</param>
    /// <exception cref="NonFiniteUpdateException">The loss, a value or the gradient is not finite.</exception>
    /// <exception cref="InvalidOperationException">No step has begun.</exception>
    TrainResult End(Span<float> priorities);
}
