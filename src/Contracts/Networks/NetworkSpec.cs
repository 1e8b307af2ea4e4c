using System.Collections.Immutable;
using Krewe.Contracts.Spaces;

namespace Krewe.Contracts.Networks;

/// <summary>
/// What a Q-network computes, apart from its parameters: observations of one element type and length in, one Q-value an action
/// out, fully connected layers with ReLU between them.
/// </summary>
/// <remarks>
/// Parameters live in one flat float array in PyTorch's order: layer by layer, first the weight [out, in] row-major, then the bias
/// [out]. Every backend reads and writes this order. An <see cref="ElementType.Int32"/> observation enters one-hot, so the first
/// layer then has <see cref="InputWidth"/> inputs though an observation has one element.
/// </remarks>
public sealed record NetworkSpec
{
    /// <summary>Describes a network.</summary>
    /// <param name="observationSpace">The space of the observations that enter.</param>
    /// <param name="hidden">Widths of the hidden layers, in order; empty for a linear function.</param>
    /// <param name="actionCount">Number of actions, at least 1.</param>
    public NetworkSpec(Space observationSpace, ImmutableArray<int> hidden, int actionCount)
        : this(
            observationSpace.ElementType,
            observationSpace.Length,
            observationSpace is DiscreteSpace discrete ? discrete.N : observationSpace.Length,
            hidden,
            actionCount)
    {
    }

    /// <summary>Describes a network from numbers alone, as a checkpoint holds them.</summary>
    /// <param name="elementType">Element type of an observation.</param>
    /// <param name="observationLength">Elements of an observation.</param>
    /// <param name="inputWidth">Inputs of the first layer.</param>
    /// <param name="hidden">Widths of the hidden layers.</param>
    /// <param name="actionCount">Number of actions.</param>
    /// <exception cref="ArgumentOutOfRangeException">A width or count is below 1, or there are more parameters than an array holds.</exception>
    public NetworkSpec(ElementType elementType, int observationLength, int inputWidth, ImmutableArray<int> hidden, int actionCount)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(observationLength, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(inputWidth, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(actionCount, 1);
        foreach (int width in hidden)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(width, 1, nameof(hidden));
        }

        ElementType = elementType;
        ObservationLength = observationLength;
        InputWidth = inputWidth;
        Hidden = hidden;
        ActionCount = actionCount;
        Layers = BuildLayers();
    }

    /// <summary>Element type of an observation.</summary>
    public ElementType ElementType { get; }

    /// <summary>Elements of an observation.</summary>
    public int ObservationLength { get; }

    /// <summary>Inputs of the first layer: the observation's elements, or the number of values of a discrete observation.</summary>
    public int InputWidth { get; }

    /// <summary>Widths of the hidden layers.</summary>
    public ImmutableArray<int> Hidden { get; }

    /// <summary>Number of actions, the width of the last layer.</summary>
    public int ActionCount { get; }

    /// <summary>The layers with their places in the flat parameter array.</summary>
    public ImmutableArray<LayerSpec> Layers { get; }

    /// <summary>Length of the flat parameter array.</summary>
    public int ParameterCount => Layers[^1].BiasOffset + Layers[^1].Outputs;

    /// <summary>Bytes of one observation.</summary>
    public int ObservationBytes => ObservationLength * ElementType.ByteSize();

    /// <summary>Equal when every width and the element type are.</summary>
    /// <param name="other">The network to compare with.</param>
    public bool Equals(NetworkSpec? other) =>
        other is not null && ElementType == other.ElementType && ObservationLength == other.ObservationLength
        && InputWidth == other.InputWidth && ActionCount == other.ActionCount && Hidden.AsSpan().SequenceEqual(other.Hidden.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(ElementType, ObservationLength, InputWidth, ActionCount, Hidden.Length);

    /// <summary>The widths, for example <c>4-64-64-2</c>.</summary>
    public override string ToString() => string.Join('-', Hidden.Prepend(InputWidth).Append(ActionCount));

    private ImmutableArray<LayerSpec> BuildLayers()
    {
        var layers = ImmutableArray.CreateBuilder<LayerSpec>(Hidden.Length + 1);
        int offset = 0;
        int inputs = InputWidth;
        foreach (int outputs in Hidden.Append(ActionCount))
        {
            if (offset + (((long)inputs + 1) * outputs) > Array.MaxLength)
            {
                throw new ArgumentOutOfRangeException(
                    nameof(Hidden), $"network {this} has more than the {Array.MaxLength} parameters that fit into one array");
            }

            var layer = new LayerSpec(layers.Count, inputs, outputs, offset);
            layers.Add(layer);
            offset = layer.BiasOffset + outputs;
            inputs = outputs;
        }

        return layers.MoveToImmutable();
    }
}

/// <summary>One fully connected layer and its place in the flat parameter array.</summary>
/// <param name="Index">0 for the first layer.</param>
/// <param name="Inputs">Inputs of the layer.</param>
/// <param name="Outputs">Outputs of the layer.</param>
/// <param name="WeightOffset">Where the weight [Outputs, Inputs], row-major, starts.</param>
public readonly record struct LayerSpec(int Index, int Inputs, int Outputs, int WeightOffset)
{
    /// <summary>Where the bias [Outputs] starts.</summary>
    public int BiasOffset => WeightOffset + (Inputs * Outputs);
}
