using System.Collections.Immutable;
using System.Numerics;
using Krewe.Contracts;
using Krewe.Networks;

namespace Krewe.Learner;

/// <summary>
/// The backward pass: computes the gradient of every parameter, in the layout's order, from the gradient of the loss at the outputs of each
/// sample's action. Keeps the transposed weights for the input gradients; call <see cref="RefreshTransposes"/> after each change of the
/// parameters.
/// </summary>
internal sealed unsafe class MlpBackward
{
    private readonly KernelLayout _layout;
    private readonly KernelSet _kernels;
    private readonly ImmutableArray<Layer> _trunk;
    private readonly ImmutableArray<Layer> _value;
    private readonly ImmutableArray<Layer> _advantage;
    private readonly TransposedRows _transposed;

    /// <summary>Allocates memory.</summary>
    /// <param name="layout">The layout.</param>
    /// <param name="kernels">The kernels.</param>
    /// <param name="capacity">The largest number of rows, at most 64.</param>
    public MlpBackward(KernelLayout layout, KernelSet kernels, int capacity)
    {
        _layout = layout;
        _kernels = kernels;
        _trunk = Layers(layout.Trunk, isFirst: true);
        _value = Layers(layout.Value, layout.Trunk.IsEmpty);
        _advantage = Layers(layout.Advantage, layout.Trunk.IsEmpty);
        int inputs = layout.Spec.ElementType == ElementType.Int32 ? 0 : layout.Spec.InputWidth;
        _transposed = new TransposedRows(kernels, Math.Max(inputs, layout.Spec.Hidden.Append(0).Max()), capacity);

        ImmutableArray<Layer> Layers(ImmutableArray<KernelLayer> layers, bool isFirst) =>
            [.. layers.Select((layer, i) => new Layer(layer, capacity, hasInputGradient: i > 0 || !isFirst))];
    }

    /// <summary>Updates the transposed weights.</summary>
    public void RefreshTransposes(float* parameters)
    {
        Refresh(_trunk);
        Refresh(_value);
        Refresh(_advantage);

        void Refresh(ImmutableArray<Layer> layers)
        {
            foreach (Layer layer in layers)
            {
                if (layer.Transposed is { } transposed)
                {
                    _kernels.Transpose(
                        parameters + layer.At.Offset, layer.At.Stride, layer.At.Inputs, layer.At.Columns, transposed.Pointer, layer.InputStride);
                }
            }
        }
    }

    /// <summary>Computes the gradient of every parameter.</summary>
    /// <param name="forward">The forward pass over the same observations.</param>
    /// <param name="parameters">The parameters of that pass.</param>
    /// <param name="observations">The observations.</param>
    /// <param name="actions">The action of each row.</param>
    /// <param name="outputGradients">Gradient of the loss at the outputs of each row's action, [rows, W].</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="gradient">Receives the gradient, in the layout's order.</param>
    /// <param name="accumulate">Whether to add to <paramref name="gradient"/>, which then holds the sum over earlier rows.</param>
    public void Run(
        NetworkForward forward,
        float* parameters,
        byte* observations,
        int* actions,
        float* outputGradients,
        int rows,
        float* gradient,
        bool accumulate)
    {
        Activations input = forward.Input(observations);
        Activations trunk = _trunk.IsEmpty ? input : forward.Trunk[^1].Output;
        float* delta = _trunk.IsEmpty ? null : _trunk[^1].Delta.Pointer;
        var pass = new Pass(parameters, rows, gradient, accumulate);
        if (_layout.HasNarrowHead)
        {
            NarrowHead(forward, pass, trunk, actions, outputGradients, delta);
        }
        else if (!_layout.Spec.Architecture.Dueling)
        {
            WideHead(pass, trunk, actions, outputGradients, delta);
        }
        else
        {
            Separate(actions, outputGradients, rows);
            Run(pass, _value, forward.Value, trunk, delta, addsToDelta: false);
            Run(pass, _advantage, forward.Advantage, trunk, delta, addsToDelta: true);
        }

        Run(pass, _trunk, forward.Trunk, input, null, addsToDelta: false);
    }

    /// <summary>Computes the gradient at the inputs of the rows of the last <see cref="Run(NetworkForward, float*, byte*, int*, float*, int, float*, bool)"/>.</summary>
    /// <param name="parameters">The parameters of that pass.</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="places">Where each row was in that pass, [rows]; empty if in its own place.</param>
    /// <param name="gradients">Receives the gradient, [rows, inputs].</param>
    public void ReadInputGradients(float* parameters, int rows, ReadOnlySpan<int> places, Span<float> gradients)
    {
        // The products are few: they are not worth transposed weights of the first layer, which every update would have to refresh.
        gradients.Clear();
        foreach (Layer layer in _trunk.IsEmpty ? (Layer[])[_value[0], _advantage[0]] : [_trunk[0]])
        {
            KernelLayer at = layer.At;
            for (int row = 0; row < rows; row++)
            {
                ReadOnlySpan<float> delta = layer.Row(places.IsEmpty ? row : places[row], at.Outputs);
                Span<float> to = gradients.Slice(row * at.Inputs, at.Inputs);
                for (int input = 0; input < at.Inputs; input++)
                {
                    to[input] += Dot(delta, new ReadOnlySpan<float>(parameters + at.Offset + ((nint)input * at.Stride), at.Outputs));
                }
            }
        }
    }

    private static float Dot(ReadOnlySpan<float> x, ReadOnlySpan<float> y)
    {
        Vector<float> sums = Vector<float>.Zero;
        int i = 0;
        for (; i <= x.Length - Vector<float>.Count; i += Vector<float>.Count)
        {
            sums += new Vector<float>(x[i..]) * new Vector<float>(y[i..]);
        }

        float sum = Vector.Sum(sums);
        for (; i < x.Length; i++)
        {
            sum += x[i] * y[i];
        }

        return sum;
    }

    private void NarrowHead(NetworkForward forward, in Pass pass, in Activations input, int* actions, float* outputGradients, float* delta)
    {
        if (!pass.Accumulate)
        {
            new Span<float>(pass.Gradient + _layout.HeadOffset, _layout.Length - _layout.HeadOffset).Clear();
        }

        float* weight = pass.Gradient + _layout.HeadOffset;
        float* bias = pass.Gradient + _layout.HeadBiasOffset;
        for (int row = 0; row < pass.Rows; row++)
        {
            bias[actions[row]] += outputGradients[row];
        }

        if (input.Indices != null)
        {
            for (int row = 0; row < pass.Rows; row++)
            {
                weight[((nint)actions[row] * _layout.HeadStride) + input.Indices[row]] += outputGradients[row];
            }

            return;
        }

        HeadProduct product = forward.Head(pass.Parameters, input, pass.Rows);
        product.Actions = actions;
        _kernels.HeadGradients(product, outputGradients, weight, delta);
    }

    /// <summary>A head of several outputs an action: the products are of the rows and the columns of one action after another.</summary>
    private void WideHead(in Pass pass, in Activations input, int* actions, float* outputGradients, float* delta)
    {
        Layer layer = _advantage[0];
        KernelLayer at = layer.At;
        for (int row = 0; row < pass.Rows; row++)
        {
            new ReadOnlySpan<float>(outputGradients + ((nint)row * at.Outputs), at.Outputs).CopyTo(layer.Row(row, at.Outputs));
        }

        if (!pass.Accumulate)
        {
            new Span<float>(pass.Gradient + at.Offset, at.End - at.Offset).Clear();
        }

        if (input.Indices == null)
        {
            _transposed.Take(input, at.Inputs, pass.Rows);
        }

        for (int row = 0, next; row < pass.Rows; row = next)
        {
            next = NetworkForward.EndOfRun(actions, row, pass.Rows);
            var part = new Part(row, next - row, actions[row] * at.GroupStride, at.GroupStride, at.Outputs);
            WeightGradients(pass, layer, input, part, accumulate: true);
            InputGradients(layer, input, part, layer.Group.Pointer, 0, delta, accumulate: false);
        }
    }

    /// <summary>Divides the gradient at Q = V + A - mean A between the streams.</summary>
    private void Separate(int* actions, float* outputGradients, int rows)
    {
        int count = _layout.Spec.ActionCount;
        int width = _layout.Spec.Head.Outputs;
        Layer advantage = _advantage[^1];
        for (int row = 0; row < rows; row++)
        {
            var gradients = new ReadOnlySpan<float>(outputGradients + ((nint)row * width), width);
            gradients.CopyTo(_value[^1].Row(row, width));
            Span<float> advantages = advantage.Row(row, count * advantage.At.GroupStride);
            for (int action = 0; action < count; action++)
            {
                Span<float> one = advantages.Slice(action * advantage.At.GroupStride, width);
                float share = (action == actions[row] ? 1f : 0f) - (1f / count);
                for (int i = 0; i < one.Length; i++)
                {
                    one[i] = share * gradients[i];
                }
            }
        }
    }

    /// <summary>Goes back through layers in sequence, from the delta of the last one.</summary>
    /// <param name="pass">The pass.</param>
    /// <param name="layers">The layers.</param>
    /// <param name="passes">Their forward passes.</param>
    /// <param name="input">The input of the first.</param>
    /// <param name="before">The delta of the layer in front of the first; null for none.</param>
    /// <param name="addsToDelta">Whether to add to <paramref name="before"/>.</param>
    private void Run(
        in Pass pass, ImmutableArray<Layer> layers, ImmutableArray<DensePass> passes, in Activations input, float* before, bool addsToDelta)
    {
        for (int i = layers.Length - 1; i >= 0; i--)
        {
            Layer layer = layers[i];
            KernelLayer at = layer.At;
            Activations x = i > 0 ? passes[i - 1].Output : input;
            float* delta = i > 0 ? layers[i - 1].Delta.Pointer : before;
            if (at.HasNorm)
            {
                Normalization(pass, layer, passes[i]);
            }

            if (x.Indices == null)
            {
                _transposed.Take(x, at.Inputs, pass.Rows);
            }

            var all = new Part(0, pass.Rows, 0, at.Columns, at.Groups * at.GroupStride);
            WeightGradients(pass, layer, x, all, pass.Accumulate);
            if (delta == null)
            {
                continue;
            }

            // Behind a ReLU the delta is zero where the activation is; behind a normalization or a linear output hardly anywhere.
            bool isGated = !at.HasNorm && (i < layers.Length - 1 || layers == _trunk);
            Activations output = passes[i].Output;
            InputGradients(
                layer, x, all, isGated ? output.Mask : layer.Outputs.Pointer, isGated ? output.MaskStride : 0, delta, accumulate: i == 0 && addsToDelta);
        }
    }

    private void Normalization(in Pass pass, Layer layer, DensePass forward)
    {
        KernelLayer at = layer.At;
        if (!pass.Accumulate)
        {
            new Span<float>(pass.Gradient + at.GainOffset, at.End - at.GainOffset).Clear();
        }

        for (int row = 0; row < pass.Rows; row++)
        {
            _kernels.NormalizeGradient(
                layer.Delta.Pointer + ((nint)row * at.Stride),
                forward.Normalized + ((nint)row * at.Stride),
                forward.Scales[row],
                at.NormLength,
                pass.Parameters + at.GainOffset,
                pass.Gradient + at.GainOffset,
                pass.Gradient + at.NormBiasOffset);
        }
    }

    private void WeightGradients(in Pass pass, Layer layer, in Activations input, in Part part, bool accumulate)
    {
        KernelLayer at = layer.At;
        if (input.Indices != null)
        {
            Scatter(pass, layer, input.Indices, part, accumulate);
            return;
        }

        _kernels.Multiply(new Product
        {
            Left = _transposed.Pointer + part.Row,
            LeftStride = _transposed.Stride,
            Mask = _transposed.Masks(part.Row, part.Rows),
            MaskStride = 1,
            Right = layer.Delta.Pointer + ((nint)part.Row * at.Stride),
            RightStride = at.Stride,
            Output = pass.Gradient + at.Offset + part.Column,
            OutputStride = at.Stride,
            Accumulate = accumulate,
            Rows = at.Inputs + 1,
            Depth = part.Rows,
            Columns = part.Columns,
        });
    }

    /// <summary>One-hot inputs: a row of the weight gradient is the sum over the samples with that index.</summary>
    private void Scatter(in Pass pass, Layer layer, int* indices, in Part part, bool accumulate)
    {
        KernelLayer at = layer.At;
        if (!accumulate)
        {
            new Span<float>(pass.Gradient + at.Offset, (at.Inputs + 1) * at.Stride).Clear();
        }

        for (int row = part.Row; row < part.Row + part.Rows; row++)
        {
            float* delta = layer.Delta.Pointer + ((nint)row * at.Stride);
            float* to = pass.Gradient + part.Column;
            _kernels.AddScaled(1f, delta, to + at.Offset + ((nint)indices[row] * at.Stride), part.Columns);
            _kernels.AddScaled(1f, delta, to + at.BiasOffset, part.Columns);
        }
    }

    private void InputGradients(Layer layer, in Activations input, in Part part, ulong* mask, nint maskStride, float* delta, bool accumulate)
    {
        if (delta == null)
        {
            return;
        }

        _kernels.Multiply(new Product
        {
            Left = layer.Delta.Pointer + ((nint)part.Row * layer.At.Stride),
            LeftStride = layer.At.Stride,
            Mask = mask,
            MaskStride = maskStride,
            Right = layer.Transposed!.Pointer + ((nint)part.Column * layer.InputStride),
            RightStride = layer.InputStride,
            Output = delta + ((nint)part.Row * layer.InputStride),
            OutputStride = layer.InputStride,
            Accumulate = accumulate,
            Gate = input.Values + (part.Row * input.Stride),
            GateStride = input.Stride,
            Rows = part.Rows,
            Depth = part.Outputs,
            Columns = AlignedFloats.Pad(layer.At.Inputs),
        });
    }

    /// <summary>What all products of a pass share.</summary>
    private readonly struct Pass(float* parameters, int rows, float* gradient, bool accumulate)
    {
        public float* Parameters => parameters;

        public int Rows => rows;

        public float* Gradient => gradient;

        public bool Accumulate => accumulate;
    }

    /// <summary>The rows and the columns of a layer that one product is of.</summary>
    /// <param name="Row">The first row.</param>
    /// <param name="Rows">Number of rows.</param>
    /// <param name="Column">The first column of the weight; a row of the delta starts with it.</param>
    /// <param name="Columns">Number of columns, whole vectors.</param>
    /// <param name="Outputs">Number of columns without padding at the end.</param>
    private readonly record struct Part(int Row, int Rows, int Column, int Columns, int Outputs);

    /// <summary>Memory of one layer.</summary>
    private sealed class Layer
    {
        public Layer(KernelLayer at, int capacity, bool hasInputGradient)
        {
            At = at;
            InputStride = AlignedFloats.Stride(at.Inputs);
            Delta = new AlignedFloats(checked(capacity * at.Stride));
            Transposed = hasInputGradient ? new AlignedFloats(checked(at.Columns * InputStride)) : null;
            Group = AlignedMasks.Ones(at.Outputs);
            Outputs = new AlignedMasks(1, at.Columns);
            for (int group = 0; group < at.Groups; group++)
            {
                Outputs.Set(group * at.GroupStride, at.Outputs);
            }
        }

        public KernelLayer At { get; }

        /// <summary>Floats from one row of the input, its gradient and <see cref="Transposed"/> to the next.</summary>
        public int InputStride { get; }

        /// <summary>The gradient at the product, [rows, columns]; at the output before <see cref="Normalization"/>.</summary>
        public AlignedFloats Delta { get; }

        /// <summary>The weight as it is in the flat order, [columns, inputs]; null where there is no gradient at the input.</summary>
        public AlignedFloats? Transposed { get; }

        /// <summary>The mask of a row of <see cref="Delta"/> without zeros.</summary>
        public AlignedMasks Outputs { get; }

        /// <summary>The mask of one group alone, which may share its word of <see cref="Outputs"/> with others.</summary>
        public AlignedMasks Group { get; }

        public Span<float> Row(int row, int length) => new(Delta.Pointer + ((nint)row * At.Stride), length);
    }
}
