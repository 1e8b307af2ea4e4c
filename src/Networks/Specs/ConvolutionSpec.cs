namespace Krewe.Networks;

/// <summary>One convolution and its place in the flat parameter array.</summary>
/// <param name="Index">0 for the first.</param>
/// <param name="Shape">Filters, kernel and stride.</param>
/// <param name="Input">The image that enters.</param>
/// <param name="WeightOffset">Where the weight [Filters, Input.Channels, Kernel, Kernel], row-major, starts.</param>
public readonly record struct ConvolutionSpec(int Index, ConvolutionShape Shape, ImageShape Input, int WeightOffset)
{
    /// <summary>Whether layer normalization follows the layer.</summary>
    public bool HasNorm { get; init; }

    /// <summary>The image that comes out.</summary>
    public ImageShape Output => new(
        Shape.Filters, ((Input.Height - Shape.Kernel) / Shape.Stride) + 1, ((Input.Width - Shape.Kernel) / Shape.Stride) + 1);

    /// <summary>Inputs of one output element: channels * kernel * kernel.</summary>
    public int Fan => Input.Channels * Shape.Kernel * Shape.Kernel;

    /// <summary>Where the bias [Filters] starts.</summary>
    public int BiasOffset => WeightOffset + (Fan * Shape.Filters);

    /// <summary>Where the normalization's gain [Output] starts, followed by its bias [Output].</summary>
    public int NormOffset => BiasOffset + Shape.Filters;

    /// <summary>Where the next layer starts.</summary>
    public int End => NormOffset + (HasNorm ? 2 * Output.Length : 0);

    /// <summary>Its name in checkpoints.</summary>
    public string Name => $"convolution.{Index}";
}
