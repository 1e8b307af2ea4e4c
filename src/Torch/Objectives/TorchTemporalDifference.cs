using Krewe.Learner;
using TorchSharp;
using static TorchSharp.torch;

namespace Krewe.Torch;

/// <summary>The twin of <see cref="TemporalDifference"/>.</summary>
internal sealed class TorchTemporalDifference(TemporalDifference loss) : IDisposable
{
    private readonly Scalar _minusTwo = -2;
    private readonly Scalar _half = 0.5f;
    private readonly Scalar _delta = loss.Delta;
    private readonly Scalar _minusDelta = -loss.Delta;
    private readonly Scalar _linear = -0.5f * loss.Delta;

    /// <summary>Evaluates R + d * bootstrap - Q(s, a).</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="values">Q(s, a), [B, 1].</param>
    /// <param name="bootstrap">Values of the next observations, [B, 1].</param>
    public TorchEvaluation Evaluate(BatchStage batch, Tensor values, Tensor bootstrap)
    {
        Tensor errors = batch.Returns.addcmul(batch.Discounts, bootstrap, Scalars.One) - values;
        Tensor size = errors.abs();
        if (loss.Kind == LossKind.Mse)
        {
            return new TorchEvaluation(errors.mul(_minusTwo), errors * errors, values, size);
        }

        Tensor squared = errors.mul(_half).mul_(errors);
        Tensor linear = size.add(_linear, Scalars.One).mul_(_delta);
        return new TorchEvaluation(
            errors.clamp(_minusDelta, _delta).neg_(), torch.where(size.le(_delta), squared, linear), values, size);
    }

    public void Dispose()
    {
        _minusTwo.Dispose();
        _half.Dispose();
        _delta.Dispose();
        _minusDelta.Dispose();
        _linear.Dispose();
    }
}
