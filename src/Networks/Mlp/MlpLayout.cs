using System.Collections.Immutable;

namespace Krewe.Networks;

/// <summary>
/// The layout of the parameters in the kernels' buffers, and the conversion from and to the flat order of <see cref="NetworkSpec"/>.
/// </summary>
/// <remarks>
/// A hidden layer is [inputs + 1, outputs]: the transposed weight, then the bias as one more row, so that the bias gradient is one
/// more row of the same product. The head (the output layer) stays [actions, inputs], followed by its bias, because the gradient of a
/// sample affects only one action's row. Rows are padded with zeros, which stay zero because their gradients are zero.
/// </remarks>
internal sealed unsafe class MlpLayout
{
    private readonly KernelSet _kernels;

    public MlpLayout(NetworkSpec spec, KernelSet kernels)
    {
        Spec = spec;
        _kernels = kernels;
        var hidden = ImmutableArray.CreateBuilder<HiddenLayer>(spec.Layers.Length - 1);
        int offset = 0;
        foreach (LayerSpec layer in spec.Layers.AsSpan()[..^1])
        {
            var entry = new HiddenLayer(layer, offset, AlignedFloats.Stride(layer.Outputs));
            hidden.Add(entry);
            offset = checked(offset + ((layer.Inputs + 1) * entry.Stride));
        }

        Hidden = hidden.MoveToImmutable();
        Head = spec.Layers[^1];
        HeadOffset = offset;
        HeadStride = AlignedFloats.Stride(Head.Inputs);
        HeadBiasOffset = checked(offset + (Head.Outputs * HeadStride));
        Length = checked(HeadBiasOffset + AlignedFloats.Pad(Head.Outputs));
    }

    /// <summary>The network.</summary>
    public NetworkSpec Spec { get; }

    /// <summary>The layers that are followed by a ReLU.</summary>
    public ImmutableArray<HiddenLayer> Hidden { get; }

    /// <summary>The output layer.</summary>
    public LayerSpec Head { get; }

    /// <summary>Offset of the head's weight.</summary>
    public int HeadOffset { get; }

    /// <summary>Floats from one action's row to the next.</summary>
    public int HeadStride { get; }

    /// <summary>Offset of the head's bias.</summary>
    public int HeadBiasOffset { get; }

    /// <summary>Floats in a buffer, a multiple of <see cref="AlignedFloats.Lanes"/>.</summary>
    public int Length { get; }

    /// <summary>Copies flat parameters into a buffer.</summary>
    public void Import(ReadOnlySpan<float> flat, AlignedFloats buffer)
    {
        float* to = buffer.Pointer;
        foreach (HiddenLayer layer in Hidden)
        {
            fixed (float* weight = flat[layer.Spec.WeightOffset..])
            {
                Transpose(weight, layer.Spec.Inputs, layer.Spec.Outputs, layer.Spec.Inputs, to + layer.Offset, layer.Stride);
            }

            flat.Slice(layer.Spec.BiasOffset, layer.Spec.Outputs).CopyTo(new Span<float>(to + layer.BiasOffset, layer.Spec.Outputs));
        }

        for (int a = 0; a < Head.Outputs; a++)
        {
            flat.Slice(Head.WeightOffset + (a * Head.Inputs), Head.Inputs)
                .CopyTo(new Span<float>(to + HeadOffset + ((nint)a * HeadStride), Head.Inputs));
        }

        flat.Slice(Head.BiasOffset, Head.Outputs).CopyTo(new Span<float>(to + HeadBiasOffset, Head.Outputs));
    }

    /// <summary>Copies a buffer into flat parameters.</summary>
    public void Export(AlignedFloats buffer, Span<float> flat)
    {
        float* from = buffer.Pointer;
        foreach (HiddenLayer layer in Hidden)
        {
            fixed (float* weight = flat[layer.Spec.WeightOffset..])
            {
                Transpose(from + layer.Offset, layer.Stride, layer.Spec.Inputs, layer.Spec.Outputs, weight, layer.Spec.Inputs);
            }

            new Span<float>(from + layer.BiasOffset, layer.Spec.Outputs).CopyTo(flat[layer.Spec.BiasOffset..]);
        }

        for (int a = 0; a < Head.Outputs; a++)
        {
            new Span<float>(from + HeadOffset + ((nint)a * HeadStride), Head.Inputs).CopyTo(flat[(Head.WeightOffset + (a * Head.Inputs))..]);
        }

        new Span<float>(from + HeadBiasOffset, Head.Outputs).CopyTo(flat[Head.BiasOffset..]);
    }

    /// <summary>Transposes exactly [rows, columns]: flat arrays have no padding to read or write.</summary>
    private void Transpose(float* source, nint sourceStride, int rows, int columns, float* target, nint targetStride)
    {
        int whole = columns & ~(AlignedFloats.Lanes - 1);
        _kernels.Transpose(source, sourceStride, rows, whole, target, targetStride);
        for (int row = 0; row < rows; row++)
        {
            for (int column = whole; column < columns; column++)
            {
                target[(column * targetStride) + row] = source[(row * sourceStride) + column];
            }
        }
    }
}

/// <summary>A layer that is followed by a ReLU, [inputs + 1, outputs] in the kernels' buffers.</summary>
/// <param name="Spec">Its shape and its offsets in the flat order.</param>
/// <param name="Offset">Its offset in the buffer.</param>
/// <param name="Stride">Floats from one input's row to the next.</param>
internal readonly record struct HiddenLayer(LayerSpec Spec, int Offset, int Stride)
{
    /// <summary>Offset of the bias row.</summary>
    public int BiasOffset => Offset + (Spec.Inputs * Stride);

    /// <summary>Outputs rounded up to whole vectors.</summary>
    public int Columns => AlignedFloats.Pad(Spec.Outputs);
}
