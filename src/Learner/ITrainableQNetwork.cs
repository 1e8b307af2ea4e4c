using Krewe.Contracts.Replay;

namespace Krewe.Contracts.Networks;

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

/// <summary>What one gradient step did.</summary>
/// <param name="Loss">The loss, the mean over the batch, before the step.</param>
/// <param name="MeanQ">Mean of Q(s, a) over the batch, before the step.</param>
/// <param name="GradientNorm">Euclidean norm of the gradient before clipping.</param>
public readonly record struct TrainResult(float Loss, float MeanQ, float GradientNorm);

/// <summary>Everything that makes a trained network go on as if it had never stopped; flat arrays in the order of <see cref="NetworkSpec"/>.</summary>
public sealed class QNetworkState
{
    /// <summary>Allocates a state of zeros.</summary>
    /// <param name="spec">The network.</param>
    public QNetworkState(NetworkSpec spec)
    {
        Spec = spec;
        Online = new float[spec.ParameterCount];
        Target = new float[spec.ParameterCount];
        FirstMoment = new float[spec.ParameterCount];
        SecondMoment = new float[spec.ParameterCount];
    }

    /// <summary>The network.</summary>
    public NetworkSpec Spec { get; }

    /// <summary>Parameters of the online network.</summary>
    public float[] Online { get; }

    /// <summary>Parameters of the target network.</summary>
    public float[] Target { get; }

    /// <summary>Adam's first moment.</summary>
    public float[] FirstMoment { get; }

    /// <summary>Adam's second moment.</summary>
    public float[] SecondMoment { get; }

    /// <summary>Steps that the optimizer has taken (Adam's t).</summary>
    public long OptimizerSteps { get; set; }
}
