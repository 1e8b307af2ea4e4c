namespace Krewe.Networks;

/// <summary>
/// A convolution with its normalization and ReLU: the patch under every place becomes a row, and the rows are multiplied by the filters.
/// Images are channels first, before and after.
/// </summary>
internal sealed unsafe class ConvolutionPass
{
    private readonly ConvolutionSpec _spec;
    private readonly KernelLayer _layer;
    private readonly KernelSet _kernels;
    private readonly AlignedMasks _all;
    private readonly AlignedFloats _patches;
    private readonly int _patchStride;
    private readonly AlignedFloats _product;
    private readonly AlignedFloats _images;
    private readonly AlignedMasks _masks;
    private readonly int _imageStride;

    public ConvolutionPass(ConvolutionSpec spec, KernelLayer layer, KernelSet kernels, int capacity)
    {
        _spec = spec;
        _layer = layer;
        _kernels = kernels;
        int places = spec.Output.Height * spec.Output.Width;
        _all = AlignedMasks.Ones(layer.Inputs);
        _patchStride = AlignedFloats.Stride(layer.Inputs);
        _patches = new AlignedFloats(checked(places * _patchStride));
        _product = new AlignedFloats(checked(places * layer.Stride));
        _imageStride = AlignedFloats.Stride(spec.Output.Length);
        _images = new AlignedFloats(checked(capacity * _imageStride));
        _masks = new AlignedMasks(capacity, AlignedFloats.Pad(spec.Output.Length));
    }

    /// <summary>Convolves images one after another.</summary>
    public Activations Run(float* parameters, in Activations input, int rows)
    {
        ImageShape output = _spec.Output;
        int places = output.Height * output.Width;
        for (int row = 0; row < rows; row++)
        {
            Gather(input.Values + (row * input.Stride));
            Multiply(parameters, places);
            float* image = _images.Pointer + ((nint)row * _imageStride);
            for (int filter = 0; filter < output.Channels; filter++)
            {
                float* from = _product.Pointer + filter;
                float* to = image + ((nint)filter * places);
                for (int place = 0; place < places; place++)
                {
                    float value = from[(nint)place * _layer.Stride];
                    to[place] = value < 0 && !_layer.HasNorm ? 0 : value;
                }
            }

            if (_layer.HasNorm)
            {
                _kernels.Normalize(
                    image,
                    _layer.NormLength,
                    parameters + _layer.GainOffset,
                    parameters + _layer.NormBiasOffset,
                    image,
                    _masks.Pointer + ((nint)row * _masks.Stride));
            }
        }

        if (!_layer.HasNorm)
        {
            _kernels.WriteMasks(_images.Pointer, _imageStride, rows, output.Length, _masks.Pointer, _masks.Stride);
        }

        return new Activations { Values = _images.Pointer, Stride = _imageStride, Mask = _masks.Pointer, MaskStride = _masks.Stride };
    }

    private void Multiply(float* parameters, int places) => _kernels.Multiply(new Product
    {
        Left = _patches.Pointer,
        LeftStride = _patchStride,
        Mask = _all.Pointer,
        Right = parameters + _layer.Offset,
        RightStride = _layer.Stride,
        Bias = parameters + _layer.BiasOffset,
        Output = _product.Pointer,
        OutputStride = _layer.Stride,
        Rows = places,
        Depth = _layer.Inputs,
        Columns = _layer.Columns,
    });

    /// <summary>Writes one row a place: channel by channel, line by line.</summary>
    private void Gather(float* image)
    {
        ImageShape input = _spec.Input;
        (_, int kernel, int stride) = _spec.Shape;
        float* to = _patches.Pointer;
        for (int y = 0; y < _spec.Output.Height; y++)
        {
            for (int x = 0; x < _spec.Output.Width; x++)
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
