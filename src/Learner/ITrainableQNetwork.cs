using Krewe.Contracts;
using Krewe.Networks;

namespace Krewe.Learner;

/// <summary>A Q-network with its target network and optimizer, to be trained by a learner. Not thread-safe.</summary>
public interface ITrainableQNetwork : IQNetwork
{
    /// <summary>
    /// Number of updates that may begin before the results of an earlier one are read: 0 if an update is complete when <see cref="Begin"/>
    /// returns, more if a device works through a queue of updates.
    /// </summary>
    int StepsAhead { get; }

    /// <summary>
    /// Begins one gradient step on a batch: target r + d * max_a Q_target(s', a) (Mnih et al. 2015, with the batch's n-step returns and
    /// discounts), loss, gradients, clipping, optimizer. The target network does not change. If the loss or the gradient is not
    /// finite, nothing is applied and <see cref="End"/> throws. All later calls see the step done.
    /// </summary>
    /// <param name="batch">The batch, which must not change until the step's <see cref="End"/>.</param>
    /// <param name="learningRate">The step size.</param>
    void Begin(SampledBatch batch, float learningRate);

    /// <summary>Returns the results of the oldest step that has not been ended.</summary>
    /// <param name="tdErrors">Receives target - Q(s, a) for each sample, [batch.Count], from which priorities are computed.</param>
    /// <exception cref="NonFiniteUpdateException">The loss, a Q-value or the gradient is not finite.</exception>
    TrainResult End(Span<float> tdErrors);

    /// <summary>Updates the target network: target = tau * online + (1 - tau) * target; tau 1 copies.</summary>
    /// <param name="tau">In (0, 1].</param>
    void UpdateTarget(float tau);

    /// <summary>Copies everything a checkpoint needs into <paramref name="state"/>.</summary>
    /// <param name="state">Receives the state; its spec must equal <see cref="IQFunction.Spec"/>.</param>
    void ReadState(QNetworkState state);

    /// <summary>Restores a state written by <see cref="ReadState"/>.</summary>
    /// <param name="state">The state, whose spec must equal <see cref="IQFunction.Spec"/>.</param>
    void WriteState(QNetworkState state);
}
