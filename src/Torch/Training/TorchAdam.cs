using Krewe.Contracts;
using static TorchSharp.torch;

namespace Krewe.Torch;

/// <summary>
/// Adam (Kingma and Ba 2015) in PyTorch's form over one flat vector, as the managed backend computes it: p -= lr / (1 - beta1^t) * m /
/// (sqrt(v) / sqrt(1 - beta2^t) + epsilon). The tensors that it makes belong to the scope around it.
/// </summary>
internal sealed class TorchAdam(LearnerOptions options, int length, Device device) : IDisposable
{
    private readonly double _beta1 = options.AdamBeta1;
    private readonly double _beta2 = options.AdamBeta2;
    private readonly double _epsilon = options.AdamEpsilon;

    /// <summary>The running mean of the gradient.</summary>
    public Tensor FirstMoment { get; } = zeros(length, dtype: ScalarType.Float32, device: device);

    /// <summary>The running mean of the squared gradient.</summary>
    public Tensor SecondMoment { get; } = zeros(length, dtype: ScalarType.Float32, device: device);

    /// <summary>Steps taken, t.</summary>
    public long Steps { get; set; }

    /// <summary>Takes one step.</summary>
    /// <param name="parameters">Changed in place.</param>
    /// <param name="gradient">The gradient before clipping.</param>
    /// <param name="scale">Factor of the gradient, from clipping.</param>
    /// <param name="learningRate">The step size.</param>
    public void Step(Tensor parameters, Tensor gradient, double scale, double learningRate)
    {
        Steps++;
        FirstMoment.mul_(_beta1).add_(gradient, (1 - _beta1) * scale);
        SecondMoment.mul_(_beta2).addcmul_(gradient, gradient, (1 - _beta2) * scale * scale);
        parameters.addcdiv_(FirstMoment, Denominator(), -StepSize(learningRate));
    }

    /// <summary>Takes one step if a number on the device says so, without asking the device: nothing changes if it does not.</summary>
    /// <param name="parameters">Changed in place.</param>
    /// <param name="gradient">The gradient after clipping; finite.</param>
    /// <param name="applies">1 or 0, on the device.</param>
    /// <param name="learningRate">The step size.</param>
    public void StepIf(Tensor parameters, Tensor gradient, Tensor applies, double learningRate)
    {
        Steps++;
        FirstMoment.lerp_(gradient, applies * (1 - _beta1));
        SecondMoment.lerp_(gradient * gradient, applies * (1 - _beta2));
        parameters.sub_((FirstMoment / Denominator()).mul_(applies * StepSize(learningRate)));
    }

    public void Dispose()
    {
        FirstMoment.Dispose();
        SecondMoment.Dispose();
    }

    private Tensor Denominator() => SecondMoment.sqrt().mul_(1 / Math.Sqrt(1 - Math.Pow(_beta2, Steps))).add_(_epsilon);

    private double StepSize(double learningRate) => learningRate / (1 - Math.Pow(_beta1, Steps));
}
