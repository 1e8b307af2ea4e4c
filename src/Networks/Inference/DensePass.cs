namespace Krewe.Networks;

/// <summary>The forward pass of a fully connected layer, with what the backward pass needs of it.</summary>
internal sealed unsafe class DensePass
{
    private readonly KernelLayer _layer;
    private readonly KernelSet _kernels;
    private readonly AlignedFloats _values;
    private readonly AlignedMasks _masks;
    private readonly AlignedFloats? _normalized;

    public DensePass(KernelLayer layer, KernelSet kernels, int capacity)
    {
        _layer = layer;
        _kernels = kernels;
        _values = new AlignedFloats(checked(capacity * layer.Stride));
        _masks = new AlignedMasks(capacity, layer.Columns);
        _normalized = layer.HasNorm ? new AlignedFloats(checked(capacity * layer.Stride)) : null;
        Scales = new float[layer.HasNorm ? capacity : 0];
    }

    /// <summary>The output; of a layer without ReLU only its values are set.</summary>
    public Activations Output => new() { Values = _values.Pointer, Stride = _layer.Stride, Mask = _masks.Pointer, MaskStride = _masks.Stride };

    /// <summary>The normalized rows before gain and bias, at the stride of <see cref="Output"/>; null without normalization.</summary>
    public float* Normalized => _normalized is null ? null : _normalized.Pointer;

    /// <summary>The factor by which the normalization scaled each row.</summary>
    public float[] Scales { get; }

    /// <summary>A hidden layer: the product, its normalization if it has one, and ReLU.</summary>
    public Activations Run(float* parameters, in Activations input, int rows)
    {
        if (!_layer.HasNorm)
        {
            Multiply(parameters, input, rows, 0, _layer.Columns, _values.Pointer, _masks.Pointer);
            return Output;
        }

        Multiply(parameters, input, rows, 0, _layer.Columns, Normalized, null);
        for (int row = 0; row < rows; row++)
        {
            nint at = (nint)row * _layer.Stride;
            Scales[row] = _kernels.Normalize(
                Normalized + at,
                _layer.NormLength,
                parameters + _layer.GainOffset,
                parameters + _layer.NormBiasOffset,
                _values.Pointer + at,
                _masks.Pointer + ((nint)row * _masks.Stride));
        }

        return Output;
    }

    /// <summary>A last layer: the product alone.</summary>
    public Activations RunLinear(float* parameters, in Activations input, int rows)
    {
        Multiply(parameters, input, rows, 0, _layer.Columns, _values.Pointer, null);
        return Output;
    }

    /// <summary>The outputs of one group, at the start of the output's rows.</summary>
    /// <param name="parameters">The parameters.</param>
    /// <param name="input">The input of all rows.</param>
    /// <param name="row">The first row.</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="group">The group.</param>
    public void RunGroup(float* parameters, in Activations input, int row, int rows, int group) =>
        Multiply(
            parameters, input.From(row), rows, group * _layer.GroupStride, _layer.GroupStride, _values.Pointer + ((nint)row * _layer.Stride), null);

    private void Multiply(float* parameters, in Activations input, int rows, int column, int columns, float* output, ulong* outputMask)
    {
        if (input.Indices != null)
        {
            LookUp(parameters, input.Indices, rows, column, columns, output, outputMask);
            return;
        }

        var product = new Product
        {
            Left = input.Values,
            LeftStride = input.Stride,
            Mask = input.Mask,
            MaskStride = input.MaskStride,
            Right = parameters + _layer.Offset + column,
            RightStride = _layer.Stride,
            Bias = parameters + _layer.BiasOffset + column,
            Output = output,
            OutputStride = _layer.Stride,
            OutputMask = outputMask,
            OutputMaskStride = _masks.Stride,
            Rows = rows,
            Depth = _layer.Inputs,
            Columns = columns,
        };
        if (input.Mask == null)
        {
            _kernels.MultiplyDense(product);
        }
        else
        {
            _kernels.Multiply(product);
        }
    }

    /// <summary>One-hot times a matrix is one row of it.</summary>
    private void LookUp(float* parameters, int* indices, int rows, int column, int columns, float* output, ulong* outputMask)
    {
        float* bias = parameters + _layer.BiasOffset + column;
        for (int row = 0; row < rows; row++)
        {
            float* weight = parameters + _layer.Offset + ((nint)indices[row] * _layer.Stride) + column;
            float* to = output + ((nint)row * _layer.Stride);
            if (outputMask != null)
            {
                _kernels.AddRelu(weight, bias, to, columns, outputMask + ((nint)row * _masks.Stride));
            }
            else
            {
                new ReadOnlySpan<float>(bias, columns).CopyTo(new Span<float>(to, columns));
                _kernels.AddScaled(1, weight, to, columns);
            }
        }
    }
}
