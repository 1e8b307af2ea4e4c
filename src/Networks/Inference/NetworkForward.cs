using System.Collections.Immutable;
using Krewe.Contracts;

namespace Krewe.Networks;

/// <summary>
/// The forward pass over a bounded number of rows, with the activations that the backward pass needs. Owned by one network; the
/// parameters are the caller's, so that online and target network share one of these.
/// </summary>
internal sealed unsafe class NetworkForward
{
    private readonly KernelLayout _layout;
    private readonly KernelSet _kernels;
    private readonly int _capacity;
    private readonly AlignedFloats? _input;
    private readonly AlignedMasks? _inputMasks;
    private readonly AlignedFloats _outputs;
    private readonly ImmutableArray<ConvolutionPass> _convolutions;

    public NetworkForward(KernelLayout layout, KernelSet kernels, int capacity)
    {
        _layout = layout;
        _kernels = kernels;
        _capacity = capacity;
        NetworkSpec spec = layout.Spec;

        // Floats in front of a product are read where they are; bytes must become floats, and a narrow head wants padded rows.
        bool isHeadFirst = layout.HasNarrowHead && layout.Trunk.IsEmpty && layout.Convolutions.IsEmpty;
        bool isByte = spec.ElementType == ElementType.UInt8;
        if (isByte || (isHeadFirst && spec.ElementType == ElementType.Float32))
        {
            _input = new AlignedFloats(checked(capacity * AlignedFloats.Stride(spec.InputWidth)));
        }

        // Images have black pixels to skip; other inputs hardly any zeros.
        if (isByte && !isHeadFirst && layout.Convolutions.IsEmpty)
        {
            _inputMasks = new AlignedMasks(capacity, AlignedFloats.Pad(spec.InputWidth));
        }

        _convolutions = [.. spec.Convolutions.Zip(layout.Convolutions, (layer, place) => new ConvolutionPass(layer, place, kernels, capacity))];
        Trunk = Passes(layout.Trunk);
        Value = Passes(layout.Value);
        Advantage = Passes(layout.Advantage);
        _outputs = new AlignedFloats(layout.HasNarrowHead ? 0 : checked(capacity * spec.OutputCount));

        ImmutableArray<DensePass> Passes(ImmutableArray<KernelLayer> layers) => [.. layers.Select(layer => new DensePass(layer, kernels, capacity))];
    }

    /// <summary>The hidden layers in front of the head or the streams.</summary>
    public ImmutableArray<DensePass> Trunk { get; }

    /// <summary>The stream of the state's value.</summary>
    public ImmutableArray<DensePass> Value { get; }

    /// <summary>The stream of the advantages, or the head of several outputs an action.</summary>
    public ImmutableArray<DensePass> Advantage { get; }

    /// <summary>What entered the first layer in the last pass, which was over the same observations.</summary>
    public Activations Input(byte* observations)
    {
        if (_layout.Spec.ElementType == ElementType.Int32)
        {
            return new Activations { Indices = (int*)observations };
        }

        return new Activations
        {
            Values = _input is null ? (float*)observations : _input.Pointer,
            Stride = _input is null ? _layout.Spec.InputWidth : AlignedFloats.Stride(_layout.Spec.InputWidth),
            Mask = _inputMasks is null ? null : _inputMasks.Pointer,
            MaskStride = _inputMasks is null ? 0 : _inputMasks.Stride,
        };
    }

    /// <summary>Computes the value of each action of any number of observations, block by block.</summary>
    /// <param name="parameters">Parameters in the layout.</param>
    /// <param name="observations">Raw observations.</param>
    /// <param name="count">Number of observations.</param>
    /// <param name="values">Receives the values, [count, actions] row-major.</param>
    public void Values(float* parameters, byte* observations, int count, float* values)
    {
        NetworkSpec spec = _layout.Spec;
        for (int row = 0; row < count; row += _capacity)
        {
            int rows = Math.Min(_capacity, count - row);
            Outputs(parameters, observations, rows, _layout.HasNarrowHead ? values : _outputs.Pointer);
            if (!_layout.HasNarrowHead)
            {
                spec.Head.Expect(new ReadOnlySpan<float>(_outputs.Pointer, rows * spec.OutputCount), new Span<float>(values, rows * spec.ActionCount));
            }

            observations += (nint)rows * spec.ObservationBytes;
            values += (nint)rows * spec.ActionCount;
        }
    }

    /// <summary>Computes the outputs of all actions, [rows, A, W].</summary>
    /// <param name="parameters">Parameters in the layout.</param>
    /// <param name="observations">Raw observations.</param>
    /// <param name="rows">Number of observations, at most the capacity.</param>
    /// <param name="outputs">Receives the outputs.</param>
    public void Outputs(float* parameters, byte* observations, int rows, float* outputs)
    {
        NetworkSpec spec = _layout.Spec;
        Activations trunk = RunTrunk(parameters, observations, rows);
        if (_layout.HasNarrowHead)
        {
            for (int action = 0; action < spec.ActionCount; action++)
            {
                RunHead(parameters, trunk, rows, null, action, outputs + action, spec.ActionCount);
            }

            return;
        }

        Activations head = RunStreams(parameters, trunk, rows);
        int width = spec.Head.Outputs;
        int stride = _layout.Advantage[^1].GroupStride;
        for (int row = 0; row < rows; row++)
        {
            for (int action = 0; action < spec.ActionCount; action++)
            {
                Copy(head.Values + (row * head.Stride) + (action * stride), outputs, width);
                outputs += width;
            }
        }
    }

    /// <summary>Computes the outputs of one action a row, [rows, W].</summary>
    /// <param name="parameters">Parameters in the layout.</param>
    /// <param name="observations">Raw observations.</param>
    /// <param name="rows">Number of observations, at most the capacity.</param>
    /// <param name="actions">The action of each row; equal ones in sequence are computed together.</param>
    /// <param name="outputs">Receives the outputs.</param>
    public void ChosenOutputs(float* parameters, byte* observations, int rows, int* actions, float* outputs)
    {
        Activations trunk = RunTrunk(parameters, observations, rows);
        if (_layout.HasNarrowHead)
        {
            RunHead(parameters, trunk, rows, actions, 0, outputs, 1);
            return;
        }

        int width = _layout.Spec.Head.Outputs;
        bool isDueling = _layout.Spec.Architecture.Dueling;
        Activations head = isDueling ? RunStreams(parameters, trunk, rows) : Advantage[^1].Output;
        for (int row = 0, next; !isDueling && row < rows; row = next)
        {
            next = EndOfRun(actions, row, rows);
            Advantage[^1].RunGroup(parameters, trunk, row, next - row, actions[row]);
        }

        int stride = isDueling ? _layout.Advantage[^1].GroupStride : 0;
        for (int row = 0; row < rows; row++)
        {
            Copy(head.Values + (row * head.Stride) + (actions[row] * stride), outputs + ((nint)row * width), width);
        }
    }

    /// <summary>The row after the last of a sequence with the same action.</summary>
    public static int EndOfRun(int* actions, int row, int rows)
    {
        int action = actions[row];
        do
        {
            row++;
        }
        while (row < rows && actions[row] == action);
        return row;
    }

    /// <summary>The factors of the narrow head; not for one-hot observations without a hidden layer.</summary>
    public HeadProduct Head(float* parameters, in Activations input, int rows) => new()
    {
        Input = input.Values,
        InputStride = input.Stride,
        Rows = rows,
        Length = AlignedFloats.Pad(_layout.Head.Inputs),
        Weight = parameters + _layout.HeadOffset,
        WeightStride = _layout.HeadStride,
        Bias = parameters + _layout.HeadBiasOffset,
    };

    /// <summary>Computes the activations in front of the head or the streams.</summary>
    private Activations RunTrunk(float* parameters, byte* observations, int rows)
    {
        if (_input is not null)
        {
            ConvertInput(observations, rows);
        }

        Activations at = Input(observations);
        foreach (ConvolutionPass pass in _convolutions)
        {
            at = pass.Run(parameters, at, rows);
        }

        foreach (DensePass pass in Trunk)
        {
            at = pass.Run(parameters, at, rows);
        }

        return at;
    }

    /// <summary>Computes the outputs of all actions, in groups in the output of <see cref="Advantage"/>.</summary>
    private Activations RunStreams(float* parameters, in Activations trunk, int rows)
    {
        Activations advantages = RunStream(Advantage.AsSpan(), parameters, trunk, rows);
        if (!Value.IsEmpty)
        {
            Activations values = RunStream(Value.AsSpan(), parameters, trunk, rows);
            for (int row = 0; row < rows; row++)
            {
                Combine(values.Values + (row * values.Stride), advantages.Values + (row * advantages.Stride));
            }
        }

        return advantages;
    }

    private static Activations RunStream(ReadOnlySpan<DensePass> stream, float* parameters, in Activations trunk, int rows)
    {
        Activations at = trunk;
        foreach (DensePass pass in stream[..^1])
        {
            at = pass.Run(parameters, at, rows);
        }

        return stream[^1].RunLinear(parameters, at, rows);
    }

    /// <summary>Q = V + A - mean A over the actions, for each output of an action (Wang et al. 2016, equation 9); Q replaces A.</summary>
    private void Combine(float* value, float* advantages)
    {
        int actions = _layout.Spec.ActionCount;
        int stride = _layout.Advantage[^1].GroupStride;
        if (stride == 1)
        {
            var span = new Span<float>(advantages, actions);
            float sum = 0;
            foreach (float advantage in span)
            {
                sum += advantage;
            }

            float shift = *value - (sum / actions);
            foreach (ref float advantage in span)
            {
                advantage += shift;
            }

            return;
        }

        for (int action = 0; action < actions; action++)
        {
            _kernels.AddScaled(-1f / actions, advantages + (action * stride), value, stride);
        }

        for (int action = 0; action < actions; action++)
        {
            _kernels.AddScaled(1, value, advantages + (action * stride), stride);
        }
    }

    /// <summary>Values of a narrow head: of one action a row, or of <paramref name="action"/> in every row.</summary>
    private void RunHead(float* parameters, in Activations input, int rows, int* actions, int action, float* values, int stride)
    {
        if (input.Indices != null)
        {
            for (int row = 0; row < rows; row++)
            {
                int a = actions == null ? action : actions[row];
                float* weight = parameters + _layout.HeadOffset + ((nint)a * _layout.HeadStride);
                values[(nint)row * stride] = weight[input.Indices[row]] + parameters[_layout.HeadBiasOffset + a];
            }

            return;
        }

        HeadProduct product = Head(parameters, input, rows);
        product.Actions = actions;
        product.Output = values;
        product.OutputStride = stride;
        if (actions == null)
        {
            product.Weight += action * product.WeightStride;
            product.Bias += action;
        }

        _kernels.HeadValues(product);
    }

    private void ConvertInput(byte* observations, int rows)
    {
        int width = _layout.Spec.InputWidth;
        int stride = AlignedFloats.Stride(width);
        for (int row = 0; row < rows; row++)
        {
            float* to = _input!.Pointer + ((nint)row * stride);
            if (_layout.Spec.ElementType == ElementType.UInt8)
            {
                InputBytes.Convert(new ReadOnlySpan<byte>(observations + ((nint)row * width), width), new Span<float>(to, width));
            }
            else
            {
                Copy((float*)observations + ((nint)row * width), to, width);
            }
        }

        if (_inputMasks is not null)
        {
            _kernels.WriteMasks(_input!.Pointer, stride, rows, width, _inputMasks.Pointer, _inputMasks.Stride);
        }
    }

    private static void Copy(float* from, float* to, int length) => new ReadOnlySpan<float>(from, length).CopyTo(new Span<float>(to, length));
}
