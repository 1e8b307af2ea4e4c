using Krewe.Contracts;
using Krewe.Networks;

namespace Krewe.Learner;

/// <summary>
/// The backward pass: computes the gradient of every parameter, in the layout's order, from the gradient of the loss at each sample's one
/// Q-value. Keeps the transposed weights for the input gradients; call <see cref="RefreshTransposes"/> after each change of the parameters.
/// </summary>
internal sealed unsafe class MlpBackward
{
    private readonly MlpLayout _layout;
    private readonly KernelSet _kernels;
    private readonly AlignedFloats[] _deltas;
    private readonly AlignedFloats?[] _transposedWeights;
    private readonly AlignedFloats? _transposedInput;
    private readonly AlignedMasks? _transposedMasks;
    private readonly int _transposedStride;

    public MlpBackward(MlpLayout layout, KernelSet kernels, int capacity)
    {
        _layout = layout;
        _kernels = kernels;
        int count = layout.Hidden.Length;
        _deltas = new AlignedFloats[count];
        _transposedWeights = new AlignedFloats?[count];
        bool oneHot = layout.Spec.ElementType == ElementType.Int32;
        int widest = 0;
        for (int i = 0; i < count; i++)
        {
            HiddenLayer layer = layout.Hidden[i];
            _deltas[i] = new AlignedFloats(checked(capacity * layer.Stride));
            widest = i == 0 && oneHot ? widest : Math.Max(widest, layer.Spec.Inputs);
            if (i > 0)
            {
                _transposedWeights[i] = new AlignedFloats(checked(layer.Columns * layout.Hidden[i - 1].Stride));
            }
        }

        _transposedStride = AlignedFloats.Stride(capacity);
        if (widest > 0)
        {
            int rows = checked(AlignedFloats.Pad(widest) + 1);
            _transposedInput = new AlignedFloats(checked(rows * _transposedStride));
            _transposedMasks = new AlignedMasks(rows, AlignedFloats.Pad(capacity));
        }
    }

    /// <summary>Updates the transposed weights.</summary>
    public void RefreshTransposes(float* parameters)
    {
        for (int i = 1; i < _layout.Hidden.Length; i++)
        {
            HiddenLayer layer = _layout.Hidden[i];
            _kernels.Transpose(
                parameters + layer.Offset,
                layer.Stride,
                layer.Spec.Inputs,
                layer.Columns,
                _transposedWeights[i]!.Pointer,
                _layout.Hidden[i - 1].Stride);
        }
    }

    /// <summary>Computes the gradient of every parameter.</summary>
    /// <param name="forward">The forward pass over the same observations.</param>
    /// <param name="parameters">The parameters of that pass.</param>
    /// <param name="observations">The observations.</param>
    /// <param name="actions">The action of each row.</param>
    /// <param name="outputGradients">Gradient of the loss at Q(row, action of the row).</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="gradient">Receives the gradient, in the layout's order.</param>
    /// <param name="accumulate">Whether to add to <paramref name="gradient"/>, which then holds the sum over earlier rows.</param>
    public void Run(
        MlpForward forward,
        float* parameters,
        byte* observations,
        int* actions,
        float* outputGradients,
        int rows,
        float* gradient,
        bool accumulate)
    {
        if (!accumulate)
        {
            new Span<float>(gradient + _layout.HeadOffset, _layout.Length - _layout.HeadOffset).Clear();
        }

        HeadGradients(forward, parameters, observations, actions, outputGradients, rows, gradient);
        int last = _layout.Hidden.Length - 1;
        if (last < 0)
        {
            return;
        }

        for (int i = last; i > 0; i--)
        {
            HiddenLayer before = _layout.Hidden[i - 1];
            TransposeInput(forward.Activations(i - 1), before.Stride, before.Columns, before.Spec.Outputs, rows);
            WeightGradients(i, rows, gradient, accumulate);
            InputGradients(forward, i, rows);
        }

        if (_layout.Spec.ElementType == ElementType.Int32)
        {
            ScatterGradients((int*)observations, rows, gradient, accumulate);
            return;
        }

        float* input = forward.Input(observations, out nint stride);
        TransposeInput(input, stride, 0, _layout.Spec.InputWidth, rows);
        WeightGradients(0, rows, gradient, accumulate);
    }

    private void HeadGradients(
        MlpForward forward, float* parameters, byte* observations, int* actions, float* outputGradients, int rows, float* gradient)
    {
        float* weight = gradient + _layout.HeadOffset;
        float* bias = gradient + _layout.HeadBiasOffset;
        for (int row = 0; row < rows; row++)
        {
            bias[actions[row]] += outputGradients[row];
        }

        if (_layout.Hidden.IsEmpty && _layout.Spec.ElementType == ElementType.Int32)
        {
            for (int row = 0; row < rows; row++)
            {
                weight[((nint)actions[row] * _layout.HeadStride) + ((int*)observations)[row]] += outputGradients[row];
            }

            return;
        }

        HeadProduct product = forward.Head(parameters, rows);
        product.Actions = actions;
        _kernels.HeadGradients(product, outputGradients, weight, _layout.Hidden.IsEmpty ? null : _deltas[^1].Pointer);
    }

    /// <summary>Transposes a layer's input [rows, width] to [width + 1, rows]; the last row is ones, the input of the bias.</summary>
    private void TransposeInput(float* input, nint stride, int paddedWidth, int width, int rows)
    {
        float* target = _transposedInput!.Pointer;
        if (paddedWidth > 0)
        {
            _kernels.Transpose(input, stride, rows, paddedWidth, target, _transposedStride);
        }
        else
        {
            // Raw observations have no padding and usually only a handful of columns.
            int whole = width & ~(AlignedFloats.Lanes - 1);
            if (whole > 0)
            {
                _kernels.Transpose(input, stride, rows, whole, target, _transposedStride);
            }

            for (int column = whole; column < width; column++)
            {
                for (int row = 0; row < rows; row++)
                {
                    target[(column * _transposedStride) + row] = input[(row * stride) + column];
                }
            }
        }

        new Span<float>(target + ((nint)width * _transposedStride), rows).Fill(1f);
        _kernels.WriteMasks(
            target, _transposedStride, width + 1, rows, _transposedMasks!.Pointer, _transposedMasks.Stride);
    }

    private void WeightGradients(int index, int rows, float* gradient, bool accumulate)
    {
        HiddenLayer layer = _layout.Hidden[index];
        _kernels.Multiply(new Product
        {
            Left = _transposedInput!.Pointer,
            LeftStride = _transposedStride,
            Mask = _transposedMasks!.Pointer,
            MaskStride = _transposedMasks.Stride,
            Right = _deltas[index].Pointer,
            RightStride = layer.Stride,
            Output = gradient + layer.Offset,
            OutputStride = layer.Stride,
            Accumulate = accumulate,
            Rows = layer.Spec.Inputs + 1,
            Depth = rows,
            Columns = layer.Columns,
        });
    }

    private void InputGradients(MlpForward forward, int index, int rows)
    {
        HiddenLayer layer = _layout.Hidden[index];
        HiddenLayer before = _layout.Hidden[index - 1];
        _kernels.Multiply(new Product
        {
            Left = _deltas[index].Pointer,
            LeftStride = layer.Stride,
            Mask = forward.Masks(index).Pointer,
            MaskStride = forward.Masks(index).Stride,
            Right = _transposedWeights[index]!.Pointer,
            RightStride = before.Stride,
            Output = _deltas[index - 1].Pointer,
            OutputStride = before.Stride,
            Gate = forward.Activations(index - 1),
            GateStride = before.Stride,
            Rows = rows,
            Depth = layer.Spec.Outputs,
            Columns = before.Columns,
        });
    }

    private void ScatterGradients(int* indices, int rows, float* gradient, bool accumulate)
    {
        // One-hot inputs: a row of the weight gradient is the sum over the samples with that index.
        HiddenLayer layer = _layout.Hidden[0];
        if (!accumulate)
        {
            new Span<float>(gradient + layer.Offset, (layer.Spec.Inputs + 1) * layer.Stride).Clear();
        }

        for (int row = 0; row < rows; row++)
        {
            float* delta = _deltas[0].Pointer + ((nint)row * layer.Stride);
            _kernels.AddScaled(1f, delta, gradient + layer.Offset + ((nint)indices[row] * layer.Stride), layer.Columns);
            _kernels.AddScaled(1f, delta, gradient + layer.BiasOffset, layer.Columns);
        }
    }
}
