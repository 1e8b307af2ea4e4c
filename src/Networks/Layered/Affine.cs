namespace Krewe.Networks;

/// <summary>The affine map of a layer: output [rows, outputs] = input [rows, inputs] * weight^T + bias.</summary>
internal sealed unsafe class Affine
{
    private readonly KernelSet _kernels;
    private readonly AlignedMasks _all;
    private readonly int _inputs;
    private readonly int _outputs;

    public Affine(int inputs, int outputs, KernelSet kernels)
    {
        _kernels = kernels;
        _inputs = inputs;
        _outputs = outputs;
        Stride = AlignedFloats.Stride(outputs);
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

    /// <summary>Computes the product.</summary>
    public void Run(LayerParameters parameters, Matrix input, int rows, float* output) => _kernels.Multiply(new Product
    {
        Left = input.Pointer,
        LeftStride = input.Stride,
        Mask = _all.Pointer,
        MaskStride = 0,
        Right = parameters.Weight,
        RightStride = parameters.Stride,
        Bias = parameters.Bias,
        Output = output,
        OutputStride = Stride,
        Rows = rows,
        Depth = _inputs,
        Columns = AlignedFloats.Pad(_outputs),
    });
}
