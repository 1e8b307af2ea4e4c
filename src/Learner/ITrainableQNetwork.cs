using Krewe.Contracts;
using Krewe.Networks;


namespace Krewe.Learner;

/// <summary>A Q-network with its target network and optimizer: what a learner needs. Not thread-safe: one caller at a time.</summary>
public interface ITrainableQNetwork : IQNetwork
{
    /// <summary>
    /// How many updates may have been begun before the results of an earlier one are read: 0 when an update is over as soon as
    /// <see cref="Begin"/> returns, more when a device works through a queue of them.
    /// </summary>
    int StepsAhead { get; }

    /// <summary>
    /// Begins one gradient step on a batch: target r + d * max_a Q_target(s', a) (Mnih et al. 2015, with the batch's n-step returns and
    /// discounts), loss, gradients, clipping, optimizer. The target network is not touched. When the loss or the gradient is not
    /// finite nothing is applied, and <see cref="End"/> says so. Whatever is called afterwards sees the step done.
    /// </summary>
    /// <param name="batch">The batch; it must stay as it is until the step's <see cref="End"/>.</param>
    /// <param name="learningRate">The step size.</param>
    void Begin(SampledBatch batch, float learningRate);

    /// <summary>Gives the results of the step that was begun first of those not ended.</summary>
    /// <param name="tdErrors">Receives target - Q(s, a) for each sample, [batch.Count]: what priorities are made of.</param>
    /// <exception cref="NonFiniteUpdateException">The loss, a Q-value or the gradient is not finite.</exception>
    TrainResult End(Span<float> tdErrors);

    /// <summary>Moves the target network: target = tau * online + (1 - tau) * target; tau 1 copies.</summary>
    /// <param name="tau">In (0, 1].</param>
    void UpdateTarget(float tau);

    /// <summary>Copies everything a checkpoint needs into <paramref name="state"/>.</summary>
    /// <param name="state">Receives the state; its spec must equal <see cref="IQFunction.Spec"/>.</param>
    void ReadState(QNetworkState state);

    /// <summary>Replaces everything that <see cref="ReadState"/> gave.</summary>
    /// <param name="state">The state; its spec must equal <see cref="IQFunction.Spec"/>.</param>
    void WriteState(QNetworkState state);
}
