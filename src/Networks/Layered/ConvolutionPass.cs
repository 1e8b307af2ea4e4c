namespace Krewe.Networks;

/// <summary>
/// A convolution with its normalization and ReLU, as im2col: the patch of every output position becomes a row, and the rows are
/// multiplied by the filters. Input and output images are channels first.
/// </summary>
internal sealed unsafe class ConvolutionPass
{
    private readonly ConvolutionSpec _layer;
    private readonly Affine _affine;
    private readonly AlignedFloats _patches;
    private readonly int _patchStride;
    private readonly AlignedFloats _product;
    private readonly AlignedFloats _output;
    private readonly int _outputStride;

    public ConvolutionPass(ConvolutionSpec layer, KernelSet kernels, int capacity)
    {
        _layer = layer;
        int places = layer.Output.Height * layer.Output.Width;
        _affine = new Affine(layer.Fan, layer.Shape.Filters, kernels);
        _patchStride = AlignedFloats.Stride(layer.Fan);
        _patches = new AlignedFloats(checked(places * _patchStride));
        _product = new AlignedFloats(checked(places * _affine.Stride));
        _outputStride = AlignedFloats.Stride(layer.Output.Length);
        _output = new AlignedFloats(checked(capacity * _outputStride));
    }

    /// <summary>Computes the output images, [rows, output length], one at a time.</summary>
    public Matrix Run(LayerParameters parameters, Matrix input, int rows)
    {
        var images = new Matrix(_output.Pointer, _outputStride);
        ImageShape output = _layer.Output;
        int places = output.Height * output.Width;
        for (int row = 0; row < rows; row++)
        {
            Gather(input.Row(row));
            _affine.Run(parameters, new Matrix(_patches.Pointer, _patchStride), places, _product.Pointer);
            Span<float> values = images.Row(row, output.Length);
            for (int filter = 0; filter < output.Channels; filter++)
            {
                float* from = _product.Pointer + filter;
                for (int place = 0; place < places; place++)
                {
                    values[(filter * places) + place] = from[(nint)place * _affine.Stride];
                }
            }

            if (_layer.HasNorm)
            {
                LayerNormalization.Apply(values, parameters.Gain, parameters.NormBias);
            }

            Relu.Apply(values);
        }

        return images;
    }

    /// <summary>Writes one row per output position: channel by channel, line by line.</summary>
    private void Gather(float* image)
    {
        ImageShape input = _layer.Input;
        (_, int kernel, int stride) = _layer.Shape;
        float* to = _patches.Pointer;
        for (int y = 0; y < _layer.Output.Height; y++)
        {
            for (int x = 0; x < _layer.Output.Width; x++)
            {
                float* patch = to;
                for (int channel = 0; channel < input.Channels; channel++)
                {
                    float* line = image + (((((nint)channel * input.Height) + ((nint)y * stride)) * input.Width) + ((nint)x * stride));
                    for (int i = 0; i < kernel; i++)
                    {
                        new ReadOnlySpan<float>(line, kernel).CopyTo(new Span<float>(patch, kernel));
                        patch += kernel;
                        line += input.Width;
                    }
                }

                to += _patchStride;
            }
        }
    }
}
