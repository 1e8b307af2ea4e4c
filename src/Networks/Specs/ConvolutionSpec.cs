namespace Krewe.Networks;

/// <summary>One convolution and its offsets in the flat parameter array.</summary>
/// <param name="Index">0 for the first.</param>
/// <param name="Shape">Filters, kernel and stride.</param>
/// <param name="Input">The shape of the input image.</param>
/// <param name="WeightOffset">Offset of the weight [Filters, Input.Channels, Kernel, Kernel], row-major.</param>
public readonly record struct ConvolutionSpec(int Index, ConvolutionShape Shape, ImageShape Input, int WeightOffset)
{
    /// <summary>Whether layer normalization follows the layer.</summary>
    public bool HasNorm { get; init; }

    /// <summary>The shape of the output image.</summary>
    public ImageShape Output => new(
        Shape.Filters, ((Input.Height - Shape.Kernel) / Shape.Stride) + 1, ((Input.Width - Shape.Kernel) / Shape.Stride) + 1);

    /// <summary>Fan-in, the number of inputs of one output element: channels * kernel * kernel.</summary>
    public int Fan => Input.Channels * Shape.Kernel * Shape.Kernel;

    /// <summary>Offset of the bias [Filters].</summary>
    public int BiasOffset => WeightOffset + (Fan * Shape.Filters);

    /// <summary>Offset of the normalization's gain [Output], followed by its bias [Output].</summary>
    public int NormOffset => BiasOffset + Shape.Filters;

    /// <summary>Offset of the next layer.</summary>
    public int End => NormOffset + (HasNorm ? 2 * Output.Length : 0);

    /// <summary>Its name in checkpoints.</summary>
    public string Name => $"convolution.{Index}";
}
