using System.Collections.Immutable;

namespace Krewe.Networks;

/// <summary>
/// Where parameters live inside the kernels' buffers, and the way from and to the flat order of <see cref="NetworkSpec"/>.
/// </summary>
/// <remarks>
/// A layer is [inputs + 1, outputs]: its weight transposed, then the bias as one more row, so that the bias gradient is one more row of
/// the same product. A narrow head (one output an action, without streams) stays [actions, inputs] followed by its bias, since a sample's
/// gradient touches one action's row only. Rows are padded with zeros, which stay zero: their gradients are.
/// </remarks>
internal sealed unsafe class KernelLayout
{
    private readonly KernelSet _kernels;

    public KernelLayout(NetworkSpec spec, KernelSet kernels)
    {
        Spec = spec;
        _kernels = kernels;
        int offset = 0;
        HasNarrowHead = !spec.Architecture.Dueling && spec.Head.Outputs == 1;
        Convolutions =
        [
            .. spec.Convolutions.Select(layer => Append(new KernelLayer(
                layer.Fan, layer.Shape.Filters, Groups: 1, layer.WeightOffset, layer.HasNorm ? layer.Output.Length : 0, offset))),
        ];
        Trunk = Add(spec.Layers.Where(layer => layer.Role == LayerRole.Trunk).SkipLast(spec.Architecture.Dueling ? 0 : 1), groups: 1);
        Value = Add(spec.Layers.Where(layer => layer.Role == LayerRole.Value), groups: 1);
        Advantage = HasNarrowHead ? []
            : Add(spec.Architecture.Dueling ? spec.Layers.Where(layer => layer.Role == LayerRole.Advantage) : spec.Layers.TakeLast(1), spec.ActionCount);
        Head = spec.Layers[^1];
        HeadOffset = offset;
        HeadStride = AlignedFloats.Stride(Head.Inputs);
        HeadBiasOffset = checked(offset + (Head.Outputs * HeadStride));
        Length = HasNarrowHead ? checked(HeadBiasOffset + AlignedFloats.Pad(Head.Outputs)) : offset;

        ImmutableArray<KernelLayer> Add(IEnumerable<LayerSpec> layers, int groups)
        {
            LayerSpec[] all = [.. layers];
            return
            [
                .. all.Select((layer, i) => i < all.Length - 1 || groups == 1
                    ? Append(new KernelLayer(layer.Inputs, layer.Outputs, Groups: 1, layer.WeightOffset, layer.HasNorm ? layer.Outputs : 0, offset))
                    : Append(new KernelLayer(layer.Inputs, layer.Outputs / groups, groups, layer.WeightOffset, NormLength: 0, offset))),
            ];
        }

        KernelLayer Append(KernelLayer layer)
        {
            offset = layer.End;
            return layer;
        }
    }

    /// <summary>The network.</summary>
    public NetworkSpec Spec { get; }

    /// <summary>The convolutions.</summary>
    public ImmutableArray<KernelLayer> Convolutions { get; }

    /// <summary>The hidden layers in front of the head or the streams.</summary>
    public ImmutableArray<KernelLayer> Trunk { get; }

    /// <summary>The stream of the state's value; empty without streams.</summary>
    public ImmutableArray<KernelLayer> Value { get; }

    /// <summary>The stream of the advantages, or a head of several outputs an action; empty with a narrow head.</summary>
    public ImmutableArray<KernelLayer> Advantage { get; }

    /// <summary>Whether the head is one layer with one output an action.</summary>
    public bool HasNarrowHead { get; }

    /// <summary>The layer of the narrow head.</summary>
    public LayerSpec Head { get; }

    /// <summary>Where the narrow head's weight starts.</summary>
    public int HeadOffset { get; }

    /// <summary>Floats from one action's row of the narrow head to the next.</summary>
    public int HeadStride { get; }

    /// <summary>Where the narrow head's bias starts.</summary>
    public int HeadBiasOffset { get; }

    /// <summary>Floats of all parameters, a multiple of <see cref="AlignedFloats.Lanes"/>.</summary>
    public int Length { get; }

    /// <summary>Writes flat parameters into a buffer.</summary>
    public void Import(ReadOnlySpan<float> flat, AlignedFloats buffer)
    {
        fixed (float* from = flat)
        {
            Import(Convolutions, from, buffer.Pointer);
            Import(Trunk, from, buffer.Pointer);
            Import(Value, from, buffer.Pointer);
            Import(Advantage, from, buffer.Pointer);
            for (int a = 0; HasNarrowHead && a < Head.Outputs; a++)
            {
                Copy(from + Head.WeightOffset + ((nint)a * Head.Inputs), buffer.Pointer + HeadOffset + ((nint)a * HeadStride), Head.Inputs);
            }

            if (HasNarrowHead)
            {
                Copy(from + Head.BiasOffset, buffer.Pointer + HeadBiasOffset, Head.Outputs);
            }
        }
    }

    /// <summary>Reads a buffer into flat parameters.</summary>
    public void Export(AlignedFloats buffer, Span<float> flat)
    {
        fixed (float* to = flat)
        {
            Export(Convolutions, buffer.Pointer, to);
            Export(Trunk, buffer.Pointer, to);
            Export(Value, buffer.Pointer, to);
            Export(Advantage, buffer.Pointer, to);
            for (int a = 0; HasNarrowHead && a < Head.Outputs; a++)
            {
                Copy(buffer.Pointer + HeadOffset + ((nint)a * HeadStride), to + Head.WeightOffset + ((nint)a * Head.Inputs), Head.Inputs);
            }

            if (HasNarrowHead)
            {
                Copy(buffer.Pointer + HeadBiasOffset, to + Head.BiasOffset, Head.Outputs);
            }
        }
    }

    private void Import(ImmutableArray<KernelLayer> layers, float* flat, float* buffer)
    {
        foreach (KernelLayer layer in layers)
        {
            for (int group = 0; group < layer.Groups; group++)
            {
                int column = group * layer.GroupStride;
                int output = group * layer.Outputs;
                Transpose(flat + layer.FlatOffset + ((nint)output * layer.Inputs), layer.Inputs, layer.Outputs, layer.Inputs, buffer + layer.Offset + column, layer.Stride);
                Copy(flat + layer.FlatBiasOffset + output, buffer + layer.BiasOffset + column, layer.Outputs);
            }

            Copy(flat + layer.FlatNormOffset, buffer + layer.GainOffset, layer.NormLength);
            Copy(flat + layer.FlatNormOffset + layer.NormLength, buffer + layer.NormBiasOffset, layer.NormLength);
        }
    }

    private void Export(ImmutableArray<KernelLayer> layers, float* buffer, float* flat)
    {
        foreach (KernelLayer layer in layers)
        {
            for (int group = 0; group < layer.Groups; group++)
            {
                int column = group * layer.GroupStride;
                int output = group * layer.Outputs;
                Transpose(buffer + layer.Offset + column, layer.Stride, layer.Inputs, layer.Outputs, flat + layer.FlatOffset + ((nint)output * layer.Inputs), layer.Inputs);
                Copy(buffer + layer.BiasOffset + column, flat + layer.FlatBiasOffset + output, layer.Outputs);
            }

            Copy(buffer + layer.GainOffset, flat + layer.FlatNormOffset, layer.NormLength);
            Copy(buffer + layer.NormBiasOffset, flat + layer.FlatNormOffset + layer.NormLength, layer.NormLength);
        }
    }

    private static void Copy(float* from, float* to, int length) => new ReadOnlySpan<float>(from, length).CopyTo(new Span<float>(to, length));

    /// <summary>Transposes exactly [rows, columns]: nothing is read or written beside it, since flat arrays have no padding.</summary>
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

/// <summary>
/// A layer in the kernels' buffers, [inputs + 1, columns], followed by gain and bias of its normalization. The last layer of a head has a
/// group of outputs for each action; several outputs start at a whole vector, so that one action's can be computed alone.
/// </summary>
/// <param name="Inputs">Inputs of the layer.</param>
/// <param name="Outputs">Outputs of one group.</param>
/// <param name="Groups">Number of groups.</param>
/// <param name="FlatOffset">Where its weight starts in the flat order.</param>
/// <param name="NormLength">Elements that are normalized together; 0 for no normalization.</param>
/// <param name="Offset">Where it starts in the buffer.</param>
internal readonly record struct KernelLayer(int Inputs, int Outputs, int Groups, int FlatOffset, int NormLength, int Offset)
{
    /// <summary>Columns from one group to the next.</summary>
    public int GroupStride { get; } = Outputs == 1 ? 1 : AlignedFloats.Pad(Outputs);

    /// <summary>Outputs of all groups, rounded up to whole vectors.</summary>
    public int Columns => AlignedFloats.Pad(Groups * GroupStride);

    /// <summary>Floats from one input's row to the next.</summary>
    public int Stride { get; } = AlignedFloats.Stride(checked(Groups * (Outputs == 1 ? 1 : AlignedFloats.Pad(Outputs))));

    /// <summary>Whether a normalization follows.</summary>
    public bool HasNorm => NormLength > 0;

    /// <summary>Where the bias row starts.</summary>
    public int BiasOffset => Offset + (Inputs * Stride);

    /// <summary>Where the gain of the normalization starts.</summary>
    public int GainOffset => BiasOffset + Stride;

    /// <summary>Where the bias of the normalization starts.</summary>
    public int NormBiasOffset => GainOffset + AlignedFloats.Pad(NormLength);

    /// <summary>Where the next layer starts.</summary>
    public int End => checked(Offset + ((Inputs + 1) * Stride) + (2 * AlignedFloats.Pad(NormLength)));

    /// <summary>Where the bias starts in the flat order.</summary>
    public int FlatBiasOffset => FlatOffset + (Inputs * Outputs * Groups);

    /// <summary>Where gain and bias of the normalization start in the flat order.</summary>
    public int FlatNormOffset => FlatBiasOffset + (Outputs * Groups);
}
