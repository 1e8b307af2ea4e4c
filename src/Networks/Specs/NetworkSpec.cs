using System.Collections.Immutable;
using Krewe.Contracts;

namespace Krewe.Networks;

/// <summary>
/// What a Q-network computes, apart from its parameters: observations of one element type and length in, one Q-value an action
/// out, and the layers between them.
/// </summary>
/// <remarks>
/// Parameters live in one flat float array in PyTorch's order: layer by layer, first the weight row-major ([out, in], of a convolution
/// [filters, channels, rows, columns]), then the bias, then gain and bias of its normalization. Convolutions come first, then the fully
/// connected layers; of a dueling network the value's stream before the advantages'. Every backend reads and writes this order. An
/// <see cref="ElementType.Int32"/> observation enters one-hot, so the first layer then has <see cref="InputWidth"/> inputs though an
/// observation has one element; a <see cref="ElementType.UInt8"/> one is divided by 255.
/// </remarks>
public sealed record NetworkSpec : PolicySpec
{
    /// <summary>Describes a network of fully connected layers.</summary>
    /// <param name="observationSpace">The space of the observations that enter.</param>
    /// <param name="hidden">Widths of the hidden layers, in order; empty for a linear function.</param>
    /// <param name="actionCount">Number of actions, at least 1.</param>
    public NetworkSpec(Space observationSpace, ImmutableArray<int> hidden, int actionCount)
        : this(observationSpace, new NetworkArchitecture(hidden), actionCount)
    {
    }

    /// <summary>Describes a network.</summary>
    /// <param name="observationSpace">The space of the observations that enter.</param>
    /// <param name="architecture">Its layers.</param>
    /// <param name="actionCount">Number of actions, at least 1.</param>
    /// <exception cref="ArgumentException">There are convolutions, but the observations are not images or are too small.</exception>
    public NetworkSpec(Space observationSpace, NetworkArchitecture architecture, int actionCount)
        : this(
            observationSpace.ElementType,
            observationSpace.Length,
            observationSpace is DiscreteSpace discrete ? discrete.N : observationSpace.Length,
            architecture,
            actionCount,
            ImageOf(observationSpace, architecture))
    {
    }

    /// <summary>Describes a network of fully connected layers from numbers alone.</summary>
    /// <param name="elementType">Element type of an observation.</param>
    /// <param name="observationLength">Elements of an observation.</param>
    /// <param name="inputWidth">Inputs of the first layer.</param>
    /// <param name="hidden">Widths of the hidden layers.</param>
    /// <param name="actionCount">Number of actions.</param>
    /// <exception cref="ArgumentOutOfRangeException">A width or count is below 1, or there are more parameters than an array holds.</exception>
    public NetworkSpec(ElementType elementType, int observationLength, int inputWidth, ImmutableArray<int> hidden, int actionCount)
        : this(elementType, observationLength, inputWidth, new NetworkArchitecture(hidden), actionCount, image: null)
    {
    }

    /// <summary>Describes a network from numbers alone, as a checkpoint holds them.</summary>
    /// <param name="elementType">Element type of an observation.</param>
    /// <param name="observationLength">Elements of an observation.</param>
    /// <param name="inputWidth">Inputs of the first layer, if that is a fully connected one.</param>
    /// <param name="architecture">The layers.</param>
    /// <param name="actionCount">Number of actions.</param>
    /// <param name="image">The image that an observation is; needed by convolutions only.</param>
    /// <exception cref="ArgumentOutOfRangeException">A width or count is below 1, or there are more parameters than an array holds.</exception>
    /// <exception cref="ArgumentException">There are convolutions, but no image, or a convolution is larger than what enters it.</exception>
    public NetworkSpec(
        ElementType elementType, int observationLength, int inputWidth, NetworkArchitecture architecture, int actionCount, ImageShape? image)
        : base(elementType, observationLength, actionCount)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(inputWidth, 1);
        foreach (int width in architecture.Hidden)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(width, 1, nameof(architecture));
        }

        InputWidth = inputWidth;
        Architecture = architecture;
        Image = architecture.Convolutions.IsEmpty ? null : image;
        var layout = new NetworkLayout(this);
        Convolutions = layout.Convolutions;
        Layers = layout.Layers;
        Tensors = layout.Tensors;
    }

    /// <summary>Inputs of the first layer: the observation's elements, or the number of values of a discrete observation.</summary>
    public override int InputWidth { get; }

    /// <summary>The architecture that the network was created with.</summary>
    public NetworkArchitecture Architecture { get; }

    /// <summary>Widths of the hidden layers.</summary>
    public ImmutableArray<int> Hidden => Architecture.Hidden;

    /// <summary>What the outputs of an action mean.</summary>
    public HeadSpec Head => Architecture.Head;

    /// <summary>Outputs of all actions, A * W.</summary>
    public int OutputCount => ActionCount * Head.Outputs;

    /// <summary>The shape of an observation as an image; null without convolutions.</summary>
    public ImageShape? Image { get; }

    /// <summary>The convolutions with their places in the flat parameter array.</summary>
    public ImmutableArray<ConvolutionSpec> Convolutions { get; }

    /// <summary>The fully connected layers with their places in the flat parameter array.</summary>
    public ImmutableArray<LayerSpec> Layers { get; }

    /// <inheritdoc/>
    public override ImmutableArray<TensorSpec> Tensors { get; }

    /// <summary>Equal when every layer and the element type are.</summary>
    /// <param name="other">The network to compare with.</param>
    public bool Equals(NetworkSpec? other) =>
        other is not null && ElementType == other.ElementType && ObservationLength == other.ObservationLength && InputWidth == other.InputWidth
        && ActionCount == other.ActionCount && Image == other.Image && Architecture.Equals(other.Architecture);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(ElementType, ObservationLength, InputWidth, ActionCount, Architecture);

    /// <summary>The widths, for example <c>4-64-64-2</c>, with the convolutions in front and what else is special behind.</summary>
    public override string ToString()
    {
        string first = Image is { } image ? $"{image}-{string.Join('-', Architecture.Convolutions)}" : $"{InputWidth}";
        string more = (Architecture.LayerNorm ? " with layer norm" : "") + (Architecture.Dueling ? " dueling" : "")
            + (Head.Outputs > 1 ? $" with {Head.Outputs} outputs an action" : "");
        return string.Join('-', Hidden.Append(ActionCount).Select(width => $"{width}").Prepend(first)) + more;
    }

    internal override ISharedInference CreateInference() => Architecture.IsPlain ? new MlpInference(this) : new LayeredInference(this);

    private static ImageShape? ImageOf(Space space, NetworkArchitecture architecture)
    {
        if (architecture.Convolutions.IsEmpty)
        {
            return null;
        }

        return space is BoxSpace box && box.Shape.Length is 2 or 3
            ? box.Shape.Length == 3 ? new ImageShape(box.Shape[0], box.Shape[1], box.Shape[2]) : new ImageShape(1, box.Shape[0], box.Shape[1])
            : throw new ArgumentException($"convolutions take images, boxes of the shape [channels, height, width] or [height, width], not {space}");
    }
}
