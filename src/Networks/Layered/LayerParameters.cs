namespace Krewe.Networks;

/// <summary>One layer's parameters in the kernels' layout: the transposed weight, the bias, and gain and bias of the normalization.</summary>
internal sealed unsafe class LayerParameters
{
    private readonly int _inputs;
    private readonly int _outputs;
    private readonly int _weightOffset;
    private readonly int _biasOffset;
    private readonly int _normOffset;
    private readonly AlignedFloats _weight;
    private readonly AlignedFloats _bias;
    private readonly float[] _norm;

    public LayerParameters(LayerSpec layer)
        : this(layer.Inputs, layer.Outputs, layer.WeightOffset, layer.BiasOffset, layer.NormOffset, layer.End)
    {
    }

    public LayerParameters(ConvolutionSpec layer)
        : this(layer.Fan, layer.Shape.Filters, layer.WeightOffset, layer.BiasOffset, layer.NormOffset, layer.End)
    {
    }

    private LayerParameters(int inputs, int outputs, int weightOffset, int biasOffset, int normOffset, int end)
    {
        (_inputs, _outputs, _weightOffset, _biasOffset, _normOffset) = (inputs, outputs, weightOffset, biasOffset, normOffset);
        Stride = AlignedFloats.Stride(outputs);
        _weight = new AlignedFloats(checked(inputs * Stride));
        _bias = new AlignedFloats(AlignedFloats.Pad(outputs));
        _norm = new float[end - normOffset];
    }

    /// <summary>The weight, [inputs, outputs].</summary>
    public float* Weight => _weight.Pointer;

    /// <summary>Floats from one input's row of <see cref="Weight"/> to the next.</summary>
    public int Stride { get; }

    /// <summary>The bias, [outputs].</summary>
    public float* Bias => _bias.Pointer;

    /// <summary>Gain of the normalization; empty without normalization.</summary>
    public ReadOnlySpan<float> Gain => _norm.AsSpan(0, _norm.Length / 2);

    /// <summary>Bias of the normalization; empty without normalization.</summary>
    public ReadOnlySpan<float> NormBias => _norm.AsSpan(_norm.Length / 2);

    /// <summary>Copies the layer's parameters from the flat array.</summary>
    public void Import(ReadOnlySpan<float> flat)
    {
        for (int output = 0; output < _outputs; output++)
        {
            ReadOnlySpan<float> row = flat.Slice(_weightOffset + (output * _inputs), _inputs);
            for (int input = 0; input < row.Length; input++)
            {
                Weight[((nint)input * Stride) + output] = row[input];
            }
        }

        flat.Slice(_biasOffset, _outputs).CopyTo(_bias.Span);
        flat.Slice(_normOffset, _norm.Length).CopyTo(_norm);
    }
}
