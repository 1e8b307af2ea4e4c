using System.Collections.Immutable;
using Krewe.Contracts;

namespace Krewe.Networks;

/// <summary>
/// The specification of a Q-network without its parameters: the element type and length of its observations, its layers, and its
/// number of actions, with one Q-value per action.
/// </summary>
/// <remarks>
/// The parameters form one flat float array in PyTorch's order. Each layer has its weight, row-major ([out, in], or [filters, channels,
/// rows, columns] for a convolution), then its bias, then gain and bias of its normalization. Convolutions come first, then the fully
/// connected layers; in a dueling network the value stream precedes the advantage stream. Every backend uses this order. An
/// <see cref="ElementType.Int32"/> observation is one-hot encoded: it has one element, but the first layer has <see cref="InputWidth"/>
/// inputs. A <see cref="ElementType.UInt8"/> observation is divided by 255.
/// </remarks>
public sealed record NetworkSpec : PolicySpec
{
    /// <summary>Describes a network of fully connected layers.</summary>
    /// <param name="observationSpace">The observation space.</param>
    /// <param name="hidden">Widths of the hidden layers, in order; empty for a linear function.</param>
    /// <param name="actionCount">Number of actions, at least 1.</param>
    public NetworkSpec(Space observationSpace, ImmutableArray<int> hidden, int actionCount)
        : this(observationSpace, new NetworkArchitecture(hidden), actionCount)
    {
    }

    /// <summary>Describes a network.</summary>
    /// <param name="observationSpace">The observation space.</param>
    /// <param name="architecture">The hidden layers.</param>
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

    /// <summary>Describes a network of fully connected layers without a space.</summary>
    /// <param name="elementType">Element type of an observation.</param>
    /// <param name="observationLength">Number of elements of an observation.</param>
    /// <param name="inputWidth">Number of inputs of the first layer.</param>
    /// <param name="hidden">Widths of the hidden layers.</param>
    /// <param name="actionCount">Number of actions.</param>
    /// <exception cref="ArgumentOutOfRangeException">A width or count is below 1, or there are more parameters than an array holds.</exception>
    public NetworkSpec(ElementType elementType, int observationLength, int inputWidth, ImmutableArray<int> hidden, int actionCount)
        : this(elementType, observationLength, inputWidth, new NetworkArchitecture(hidden), actionCount, image: null)
    {
    }

    /// <summary>Describes a network without a space, from the values in a checkpoint.</summary>
    /// <param name="elementType">Element type of an observation.</param>
    /// <param name="observationLength">Number of elements of an observation.</param>
    /// <param name="inputWidth">Number of inputs of the first layer, if it is fully connected.</param>
    /// <param name="architecture">The hidden layers.</param>
    /// <param name="actionCount">Number of actions.</param>
    /// <param name="image">The shape of an observation as an image; only convolutions need it.</param>
    /// <exception cref="ArgumentOutOfRangeException">A width or count is below 1, or there are more parameters than an array holds.</exception>
    /// <exception cref="ArgumentException">There are convolutions, but no image, or a convolution is larger than its input.</exception>
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

    /// <summary>The hidden layers.</summary>
    public NetworkArchitecture Architecture { get; }

    /// <summary>Widths of the hidden layers.</summary>
    public ImmutableArray<int> Hidden => Architecture.Hidden;

    /// <summary>What the outputs of an action mean.</summary>
    public HeadSpec Head => Architecture.Head;

    /// <summary>Outputs of all actions, A * W.</summary>
    public int OutputCount => ActionCount * Head.Outputs;

    /// <summary>The shape of an observation as an image; null without convolutions.</summary>
    public ImageShape? Image { get; }

    /// <summary>The convolutions with their offsets in the flat parameter array.</summary>
    public ImmutableArray<ConvolutionSpec> Convolutions { get; }

    /// <summary>The fully connected layers with their offsets in the flat parameter array.</summary>
    public ImmutableArray<LayerSpec> Layers { get; }

    /// <inheritdoc/>
    public override ImmutableArray<TensorSpec> Tensors { get; }

    /// <summary>Whether the observations, the layers and the number of actions are equal.</summary>
    /// <param name="other">The network to compare with.</param>
    public bool Equals(NetworkSpec? other) =>
        other is not null && ElementType == other.ElementType && ObservationLength == other.ObservationLength && InputWidth == other.InputWidth
        && ActionCount == other.ActionCount && Image == other.Image && Architecture.Equals(other.Architecture);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(ElementType, ObservationLength, InputWidth, ActionCount, Architecture);

    /// <summary>The widths, for example <c>4-64-64-2</c>, with the convolutions before them and layer norm and dueling after them.</summary>
    public override string ToString()
    {
        string first = Image is { } image ? $"{image}-{string.Join('-', Architecture.Convolutions)}" : $"{InputWidth}";
        string more = (Architecture.LayerNorm ? " with layer norm" : "") + (Architecture.Dueling ? " dueling" : "")
            + (Head.Outputs > 1 ? $" with {Head.Outputs} outputs an action ({Head})" : "");
        return string.Join('-', Hidden.Append(ActionCount).Select(width => $"{width}").Prepend(first)) + more;
    }

    internal override ISharedInference CreateInference() => new InferenceNetwork(this);

    private static ImageShape? ImageOf(Space space, NetworkArchitecture architecture)
    {
        if (architecture.Convolutions.IsEmpty)
        {
            return null;
        }

        return space is BoxSpace box && box.Shape.Length is 2 or 3
            ? box.Shape.Length == 3 ? new ImageShape(box.Shape[0], box.Shape[1], box.Shape[2]) : new ImageShape(1, box.Shape[0], box.Shape[1])
            : throw new ArgumentException($"convolutions need images, boxes of shape [channels, height, width] or [height, width], not {space}");
    }
}
