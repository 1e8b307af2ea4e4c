using Krewe.Learner;
using TorchSharp;
using static TorchSharp.torch;

namespace Krewe.Torch;

/// <summary>
/// Adam (Kingma and Ba 2015) in PyTorch's form over one flat vector, the same computation as the managed backend's:
/// p -= lr / (1 - beta1^t) * m / (sqrt(v) / sqrt(1 - beta2^t) + epsilon). Temporary tensors belong to the caller's dispose scope.
/// </summary>
internal sealed class TorchAdam(LearnerOptions options, int length, Device device) : IDisposable
{
    private readonly double _beta1 = options.AdamBeta1;
    private readonly double _beta2 = options.AdamBeta2;
    private readonly Scalar _decay1 = options.AdamBeta1;
    private readonly Scalar _decay2 = options.AdamBeta2;
    private readonly Scalar _share1 = 1 - options.AdamBeta1;
    private readonly Scalar _share2 = 1 - options.AdamBeta2;
    private readonly Scalar _epsilon = options.AdamEpsilon;

    /// <summary>Running mean of the gradient, [parameters].</summary>
    public Tensor FirstMoment { get; } = zeros(length, dtype: ScalarType.Float32, device: device);

    /// <summary>Running mean of the squared gradient, [parameters].</summary>
    public Tensor SecondMoment { get; } = zeros(length, dtype: ScalarType.Float32, device: device);

    /// <summary>Steps taken, t.</summary>
    public long Steps { get; set; }

    /// <summary>Takes one step.</summary>
    /// <param name="parameters">The parameters, changed in place.</param>
    /// <param name="gradient">The gradient before clipping.</param>
    /// <param name="scale">Factor of the gradient, from clipping.</param>
    /// <param name="learningRate">The learning rate.</param>
    public void Step(Tensor parameters, Tensor gradient, double scale, double learningRate)
    {
        Steps++;
        using Scalar share1 = (1 - _beta1) * scale;
        using Scalar share2 = (1 - _beta2) * scale * scale;
        using Scalar step = -StepSize(learningRate);
        FirstMoment.mul_(_decay1).add_(gradient, share1);
        SecondMoment.mul_(_decay2).addcmul_(gradient, gradient, share2);
        parameters.addcdiv_(FirstMoment, Denominator(), step);
    }

    /// <summary>
    /// Takes one step if <paramref name="applies"/> is 1, without waiting for the device; otherwise only <see cref="Steps"/> changes.
    /// </summary>
    /// <param name="parameters">The parameters, changed in place.</param>
    /// <param name="gradient">The gradient after clipping; finite.</param>
    /// <param name="applies">1 to take the step or 0 to skip it, on the device.</param>
    /// <param name="learningRate">The learning rate.</param>
    public void StepIf(Tensor parameters, Tensor gradient, Tensor applies, double learningRate)
    {
        Steps++;
        using Scalar step = StepSize(learningRate);
        FirstMoment.lerp_(gradient, applies.mul(_share1));
        SecondMoment.lerp_(gradient * gradient, applies.mul(_share2));
        parameters.sub_((FirstMoment / Denominator()).mul_(applies.mul(step)));
    }

    public void Dispose()
    {
        FirstMoment.Dispose();
        SecondMoment.Dispose();
        _decay1.Dispose();
        _decay2.Dispose();
        _share1.Dispose();
        _share2.Dispose();
        _epsilon.Dispose();
    }

    private Tensor Denominator()
    {
        using Scalar correction = 1 / Math.Sqrt(1 - Math.Pow(_beta2, Steps));
        return SecondMoment.sqrt().mul_(correction).add_(_epsilon, Scalars.One);
    }

    private double StepSize(double learningRate) => learningRate / (1 - Math.Pow(_beta1, Steps));
}
