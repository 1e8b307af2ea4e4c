using Krewe.Learner.Kernels;

namespace Krewe.Learner.Networks.Layered;

/// <summary>One weight matrix with its bias as the kernels want them: output [rows, outputs] = input [rows, inputs] * weight^T + bias.</summary>
internal sealed unsafe class Affine
{
    private readonly KernelSet _kernels;
    private readonly AlignedFloats _weight;
    private readonly AlignedFloats _bias;
    private readonly AlignedMasks _all;
    private readonly int _inputs;
    private readonly int _outputs;

    public Affine(int inputs, int outputs, KernelSet kernels)
    {
        _kernels = kernels;
        _inputs = inputs;
        _outputs = outputs;
        Stride = AlignedFloats.Stride(outputs);
        _weight = new AlignedFloats(checked(inputs * Stride));
        _bias = new AlignedFloats(AlignedFloats.Pad(outputs));
        _all = new AlignedMasks(1, AlignedFloats.Pad(inputs));
        new Span<ulong>(_all.Pointer, _all.Stride).Fill(ulong.MaxValue);
        if (inputs % 64 != 0)
        {
            _all.Pointer[inputs / 64] = (1UL << (inputs % 64)) - 1;
            new Span<ulong>(_all.Pointer, _all.Stride)[((inputs / 64) + 1)..].Clear();
        }
    }

    /// <summary>Floats from one row of the output to the next.</summary>
    public int Stride { get; }

    /// <summary>Takes weight [outputs, inputs] and bias [outputs] over.</summary>
    public void Import(ReadOnlySpan<float> weight, ReadOnlySpan<float> bias)
    {
        for (int output = 0; output < _outputs; output++)
        {
            for (int input = 0; input < _inputs; input++)
            {
                _weight.Pointer[((nint)input * Stride) + output] = weight[(output * _inputs) + input];
            }
        }

        bias[.._outputs].CopyTo(_bias.Span);
    }

    /// <summary>Multiplies.</summary>
    public void Run(Matrix input, int rows, float* output) => _kernels.Multiply(new Product
    {
        Left = input.Pointer,
        LeftStride = input.Stride,
        Mask = _all.Pointer,
        MaskStride = 0,
        Right = _weight.Pointer,
        RightStride = Stride,
        Bias = _bias.Pointer,
        Output = output,
        OutputStride = Stride,
        Rows = rows,
        Depth = _inputs,
        Columns = AlignedFloats.Pad(_outputs),
    });
}
