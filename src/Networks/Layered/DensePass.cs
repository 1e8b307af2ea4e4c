namespace Krewe.Networks;

/// <summary>A fully connected layer; if it is hidden, with its normalization and ReLU.</summary>
internal sealed unsafe class DensePass
{
    private readonly LayerSpec _layer;
    private readonly bool _isHidden;
    private readonly Affine _affine;
    private readonly AlignedFloats _output;

    public DensePass(LayerSpec layer, bool isHidden, KernelSet kernels, int capacity)
    {
        _layer = layer;
        _isHidden = isHidden;
        _affine = new Affine(layer.Inputs, layer.Outputs, kernels);
        _output = new AlignedFloats(checked(capacity * _affine.Stride));
    }

    /// <summary>Computes [rows, outputs] from [rows, inputs].</summary>
    public Matrix Run(LayerParameters parameters, Matrix input, int rows)
    {
        var output = new Matrix(_output.Pointer, _affine.Stride);
        _affine.Run(parameters, input, rows, output.Pointer);
        for (int row = 0; _isHidden && row < rows; row++)
        {
            Span<float> values = output.Row(row, _layer.Outputs);
            if (_layer.HasNorm)
            {
                LayerNormalization.Apply(values, parameters.Gain, parameters.NormBias);
            }

            Relu.Apply(values);
        }

        return output;
    }
}
