using Krewe.Networks;

namespace Krewe.Learner;

/// <summary>
/// Adam (D. P. Kingma and J. Ba, "Adam: A Method for Stochastic Optimization", 2015) in PyTorch's form:
/// p -= lr / (1 - beta1^t) * m / (sqrt(v) / sqrt(1 - beta2^t) + epsilon).
/// </summary>
internal sealed unsafe class Adam(LearnerOptions options, KernelSet kernels, int length)
{
    private readonly double _beta1 = options.AdamBeta1;
    private readonly double _beta2 = options.AdamBeta2;
    private readonly double _epsilon = options.AdamEpsilon;

    /// <summary>The running mean of the gradient, in the order of the parameters.</summary>
    public AlignedFloats FirstMoment { get; } = new(length);

    /// <summary>The running mean of the squared gradient.</summary>
    public AlignedFloats SecondMoment { get; } = new(length);

    /// <summary>Number of steps taken, t.</summary>
    public long Steps { get; set; }

    /// <summary>Begins the next step and returns its coefficients.</summary>
    /// <param name="gradientScale">The clipping factor of the gradient.</param>
    /// <param name="learningRate">The step size.</param>
    public AdamStep Begin(float gradientScale, float learningRate)
    {
        Steps++;
        double correction1 = 1.0 - Math.Pow(_beta1, Steps);
        double correction2 = 1.0 - Math.Pow(_beta2, Steps);
        return new AdamStep(
            GradientScale: gradientScale,
            Beta1: (float)_beta1,
            OneMinusBeta1: (float)(1.0 - _beta1),
            Beta2: (float)_beta2,
            OneMinusBeta2: (float)(1.0 - _beta2),
            StepSize: (float)(learningRate / correction1),
            RootScale: (float)(1.0 / Math.Sqrt(correction2)),
            Epsilon: (float)_epsilon);
    }

    /// <summary>Takes the step for a range of parameters. Ranges may be updated on different threads at the same time.</summary>
    /// <param name="step">The coefficients.</param>
    /// <param name="parameters">The parameters, updated in place.</param>
    /// <param name="gradient">The gradient before clipping.</param>
    /// <param name="range">The range.</param>
    public void Apply(in AdamStep step, AlignedFloats parameters, AlignedFloats gradient, (int Start, int Length) range) => kernels.Adam(
        step,
        parameters.Pointer + range.Start,
        gradient.Pointer + range.Start,
        FirstMoment.Pointer + range.Start,
        SecondMoment.Pointer + range.Start,
        range.Length);
}
