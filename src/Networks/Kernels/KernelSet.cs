using System.Runtime.Intrinsics;

namespace Krewe.Networks;

/// <summary>
/// The inner loops of a Q-network, one subclass per vector width; <see cref="Best"/> is chosen once per process. A call processes a
/// whole matrix, so the cost of a virtual call is negligible. The kernels neither allocate nor check bounds: the caller guarantees the
/// shapes.
/// </summary>
internal abstract unsafe class KernelSet
{
    /// <summary>512-bit vectors.</summary>
    public static KernelSet Vector512 { get; } = new KernelSet<Simd512, Vector512<float>>("vector512");

    /// <summary>256-bit vectors.</summary>
    public static KernelSet Vector256 { get; } = new KernelSet<Simd256, Vector256<float>>("vector256");

    /// <summary>128-bit vectors.</summary>
    public static KernelSet Vector128 { get; } = new KernelSet<Simd128, Vector128<float>>("vector128");

    /// <summary>No vectors.</summary>
    public static KernelSet Scalar { get; } = new KernelSet<SimdScalar, float>("scalar");

    /// <summary>The widest kernels that this hardware runs at full speed.</summary>
    public static KernelSet Best { get; } = new[] { Vector512, Vector256, Vector128, Scalar }.First(set => set.IsSupported);

    /// <summary>The name, for logs and tests.</summary>
    public abstract string Name { get; }

    /// <summary>Whether this hardware supports the vector at full speed.</summary>
    public abstract bool IsSupported { get; }

    /// <summary>Computes a product and skips the zeros of the left factor.</summary>
    public abstract void Multiply(in Product product);

    /// <summary>Computes a product without looking at the left factor's mask; a bias is needed, no gate.</summary>
    public abstract void MultiplyDense(in Product product);

    /// <summary>Computes Q-values.</summary>
    public abstract void HeadValues(in HeadProduct product);

    /// <summary>Computes the head's gradients, see <see cref="HeadKernels{TOps,TVec}.Gradients"/>.</summary>
    public abstract void HeadGradients(in HeadProduct product, float* outputGradients, float* weightGradient, float* delta);

    /// <summary>
    /// Transposes [rows, columns], columns a multiple of <see cref="AlignedFloats.Lanes"/>; strides in floats.
    /// </summary>
    public abstract void Transpose(float* source, nint sourceStride, int rows, int columns, float* target, nint targetStride);

    /// <summary>Writes the masks of a matrix [rows, columns]; bits beyond <paramref name="columns"/> are cleared.</summary>
    public abstract void WriteMasks(float* matrix, nint stride, int rows, int columns, ulong* masks, nint maskStride);

    /// <summary>The dot product of two vectors whose length is a multiple of <see cref="AlignedFloats.Lanes"/>.</summary>
    public abstract float Dot(float* x, float* y, int length);

    /// <summary>target += factor * source.</summary>
    public abstract void AddScaled(float factor, float* source, float* target, int length);

    /// <summary>target = max(x + y, 0) with its mask.</summary>
    public abstract void AddRelu(float* x, float* y, float* target, int length, ulong* mask);

    /// <summary>
    /// Layer normalization of one row (Ba et al. 2016) as PyTorch computes it, y = (x - mean) / sqrt(variance + 1e-5) * gain + bias with the
    /// biased variance, and ReLU. Rows are padded with zeros to a multiple of <see cref="AlignedFloats.Lanes"/>.
    /// </summary>
    /// <param name="x">The row; receives (x - mean) / sqrt(variance + 1e-5).</param>
    /// <param name="width">Its elements.</param>
    /// <param name="gain">The gain, padded with zeros.</param>
    /// <param name="bias">The bias, padded with zeros.</param>
    /// <param name="output">Receives max(y, 0); may be <paramref name="x"/>.</param>
    /// <param name="mask">Receives the output's mask.</param>
    /// <returns>1 / sqrt(variance + 1e-5).</returns>
    public abstract float Normalize(float* x, int width, float* gain, float* bias, float* output, ulong* mask);

    /// <summary>The backward pass of <see cref="Normalize"/> in front of its ReLU.</summary>
    /// <param name="delta">Gradient at y, padded with zeros; receives the gradient at x.</param>
    /// <param name="normalized">What <see cref="Normalize"/> left in x.</param>
    /// <param name="scale">What it returned.</param>
    /// <param name="width">Elements of the row.</param>
    /// <param name="gain">The gain.</param>
    /// <param name="gainGradient">The gradient of the gain is added here.</param>
    /// <param name="biasGradient">The gradient of the bias is added here.</param>
    public abstract void NormalizeGradient(float* delta, float* normalized, float scale, int width, float* gain, float* gainGradient, float* biasGradient);

    /// <summary>target = share * source + (1 - share) * target.</summary>
    public abstract void Mix(float share, float* source, float* target, int length);

    /// <summary>One Adam step on <paramref name="length"/> parameters.</summary>
    public abstract void Adam(in AdamStep step, float* parameters, float* gradient, float* first, float* second, int length);
}

/// <summary>The coefficients of one Adam step (Kingma and Ba 2015, as computed by PyTorch).</summary>
/// <param name="GradientScale">Factor of the gradient, from clipping.</param>
/// <param name="Beta1">Decay of the first moment.</param>
/// <param name="OneMinusBeta1">1 - beta1, rounded from double.</param>
/// <param name="Beta2">Decay of the second moment.</param>
/// <param name="OneMinusBeta2">1 - beta2, rounded from double.</param>
/// <param name="StepSize">Learning rate / (1 - beta1^t).</param>
/// <param name="RootScale">1 / sqrt(1 - beta2^t).</param>
/// <param name="Epsilon">Added to the square root of the bias-corrected second moment.</param>
internal readonly record struct AdamStep(
    float GradientScale,
    float Beta1,
    float OneMinusBeta1,
    float Beta2,
    float OneMinusBeta2,
    float StepSize,
    float RootScale,
    float Epsilon);
