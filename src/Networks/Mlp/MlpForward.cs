using Krewe.Contracts;

namespace Krewe.Networks;

/// <summary>
/// The forward pass over a limited number of rows, which keeps the activations for the backward pass. The caller passes the
/// parameters, so that the online and the target network share one instance.
/// </summary>
internal sealed unsafe class MlpForward
{
    private readonly MlpLayout _layout;
    private readonly KernelSet _kernels;
    private readonly AlignedFloats? _input;
    private readonly AlignedMasks _inputMasks;
    private readonly AlignedFloats[] _activations;
    private readonly AlignedMasks[] _masks;

    public MlpForward(MlpLayout layout, KernelSet kernels, int capacity)
    {
        _layout = layout;
        _kernels = kernels;
        Capacity = capacity;
        NetworkSpec spec = layout.Spec;
        bool oneHot = spec.ElementType == ElementType.Int32;

        // A hidden layer reads float observations in place. Bytes must be converted to floats, and a head needs padded rows.
        if (!oneHot && (spec.ElementType == ElementType.UInt8 || layout.Hidden.IsEmpty))
        {
            _input = new AlignedFloats(checked(capacity * AlignedFloats.Stride(spec.InputWidth)));
        }

        // Images have black pixels to skip; other inputs have hardly any zeros.
        bool sparse = spec.ElementType == ElementType.UInt8;
        _inputMasks = new AlignedMasks(sparse ? capacity : 1, sparse ? AlignedFloats.Pad(spec.InputWidth) : 1);
        _activations = new AlignedFloats[layout.Hidden.Length];
        _masks = new AlignedMasks[layout.Hidden.Length];
        for (int i = 0; i < layout.Hidden.Length; i++)
        {
            _activations[i] = new AlignedFloats(checked(capacity * layout.Hidden[i].Stride));
            _masks[i] = new AlignedMasks(capacity, layout.Hidden[i].Columns);
        }
    }

    /// <summary>The largest number of rows in one pass.</summary>
    public int Capacity { get; }

    /// <summary>Activations of hidden layer <paramref name="layer"/>, with that layer's stride.</summary>
    public float* Activations(int layer) => _activations[layer].Pointer;

    /// <summary>Masks of <see cref="Activations"/>.</summary>
    public AlignedMasks Masks(int layer) => _masks[layer];

    /// <summary>The input rows as floats, and their stride; valid after <see cref="Run"/> with the same observations.</summary>
    public float* Input(byte* observations, out nint stride)
    {
        stride = _input is null ? _layout.Spec.InputWidth : AlignedFloats.Stride(_layout.Spec.InputWidth);
        return _input is null ? (float*)observations : _input.Pointer;
    }

    /// <summary>Computes the activations of every hidden layer.</summary>
    /// <param name="parameters">Parameters in the layout.</param>
    /// <param name="observations">Raw observations.</param>
    /// <param name="rows">Number of observations, at most <see cref="Capacity"/>.</param>
    public void Run(float* parameters, byte* observations, int rows)
    {
        if (_input is not null)
        {
            ConvertInput(observations, rows);
        }

        for (int i = 0; i < _layout.Hidden.Length; i++)
        {
            HiddenLayer layer = _layout.Hidden[i];
            if (i == 0 && _layout.Spec.ElementType == ElementType.Int32)
            {
                LookUp(layer, parameters, (int*)observations, rows);
                continue;
            }

            var product = new Product
            {
                Right = parameters + layer.Offset,
                RightStride = layer.Stride,
                Bias = parameters + layer.BiasOffset,
                Output = _activations[i].Pointer,
                OutputStride = layer.Stride,
                OutputMask = _masks[i].Pointer,
                OutputMaskStride = _masks[i].Stride,
                Rows = rows,
                Depth = layer.Spec.Inputs,
                Columns = layer.Columns,
            };
            if (i == 0)
            {
                product.Left = Input(observations, out product.LeftStride);
                product.Mask = _inputMasks.Pointer;
                product.MaskStride = _inputMasks.Stride;
                if (_layout.Spec.ElementType == ElementType.Float32)
                {
                    _kernels.MultiplyDense(product);
                    continue;
                }
            }
            else
            {
                product.Left = _activations[i - 1].Pointer;
                product.LeftStride = _layout.Hidden[i - 1].Stride;
                product.Mask = _masks[i - 1].Pointer;
                product.MaskStride = _masks[i - 1].Stride;
            }

            _kernels.Multiply(product);
        }
    }

    /// <summary>Computes the Q-values of any number of observations, [count, actions] row-major, block by block.</summary>
    public void AllQValues(float* parameters, byte* observations, int count, float* qValues)
    {
        int actions = _layout.Head.Outputs;
        for (int row = 0; row < count; row += Capacity)
        {
            int rows = Math.Min(Capacity, count - row);
            Run(parameters, observations, rows);
            for (int action = 0; action < actions; action++)
            {
                QValues(parameters, observations, rows, null, action, qValues + action, actions);
            }

            observations += (nint)rows * _layout.Spec.ObservationBytes;
            qValues += (nint)rows * actions;
        }
    }

    /// <summary>
    /// Computes one Q-value per row after <see cref="Run"/>: that of the row's action, or that of <paramref name="action"/>.
    /// </summary>
    /// <param name="parameters">The parameters of that run.</param>
    /// <param name="observations">The observations of that run.</param>
    /// <param name="rows">The number of observations of that run.</param>
    /// <param name="actions">The action of each row; null for <paramref name="action"/> in all rows.</param>
    /// <param name="action">The action of all rows.</param>
    /// <param name="qValues">Receives one value per row, <paramref name="stride"/> floats apart.</param>
    /// <param name="stride">Floats from one value to the next.</param>
    public void QValues(float* parameters, byte* observations, int rows, int* actions, int action, float* qValues, int stride)
    {
        if (_layout.Hidden.IsEmpty && _layout.Spec.ElementType == ElementType.Int32)
        {
            for (int row = 0; row < rows; row++)
            {
                int a = actions == null ? action : actions[row];
                float* weight = parameters + _layout.HeadOffset + ((nint)a * _layout.HeadStride);
                qValues[(nint)row * stride] = weight[((int*)observations)[row]] + parameters[_layout.HeadBiasOffset + a];
            }

            return;
        }

        HeadProduct product = Head(parameters, rows);
        product.Actions = actions;
        product.Output = qValues;
        product.OutputStride = stride;
        if (actions == null)
        {
            product.Weight += action * product.WeightStride;
            product.Bias += action;
        }

        _kernels.HeadValues(product);
    }

    /// <summary>The head's arguments after <see cref="Run"/>; not for one-hot observations without a hidden layer.</summary>
    public HeadProduct Head(float* parameters, int rows) => new()
    {
        Input = _layout.Hidden.IsEmpty ? _input!.Pointer : _activations[^1].Pointer,
        InputStride = _layout.HeadStride,
        Rows = rows,
        Length = AlignedFloats.Pad(_layout.Head.Inputs),
        Weight = parameters + _layout.HeadOffset,
        WeightStride = _layout.HeadStride,
        Bias = parameters + _layout.HeadBiasOffset,
    };

    private void LookUp(HiddenLayer layer, float* parameters, int* indices, int rows)
    {
        // A one-hot vector times a matrix is one row of the matrix.
        AlignedMasks masks = _masks[0];
        float* bias = parameters + layer.BiasOffset;
        for (int row = 0; row < rows; row++)
        {
            float* weight = parameters + layer.Offset + ((nint)indices[row] * layer.Stride);
            _kernels.AddRelu(weight, bias, Activations(0) + ((nint)row * layer.Stride), layer.Columns, masks.Pointer + ((nint)row * masks.Stride));
        }
    }

    private void ConvertInput(byte* observations, int rows)
    {
        int width = _layout.Spec.InputWidth;
        int stride = AlignedFloats.Stride(width);
        bool bytes = _layout.Spec.ElementType == ElementType.UInt8;
        for (int row = 0; row < rows; row++)
        {
            float* to = _input!.Pointer + ((nint)row * stride);
            if (bytes)
            {
                InputBytes.Convert(new ReadOnlySpan<byte>(observations + ((nint)row * width), width), new Span<float>(to, width));
            }
            else
            {
                new ReadOnlySpan<float>((float*)observations + ((nint)row * width), width).CopyTo(new Span<float>(to, width));
            }
        }

        if (bytes && !_layout.Hidden.IsEmpty)
        {
            _kernels.WriteMasks(_input!.Pointer, stride, rows, width, _inputMasks.Pointer, _inputMasks.Stride);
        }
    }
}
