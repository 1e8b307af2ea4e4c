using System.Collections.Immutable;
using Krewe.Contracts;

namespace Krewe.Networks;

/// <summary>
/// What a policy is made of, apart from the numbers: observations of one element type and length in, one value an action out, and the
/// tensors of its parameters. An agent that acts in a way of its own may take other inputs, and give the outputs another meaning.
/// </summary>
public abstract record PolicySpec
{
    private protected PolicySpec(ElementType elementType, int observationLength, int actionCount)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(observationLength, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(actionCount, 1);
        ElementType = elementType;
        ObservationLength = observationLength;
        ActionCount = actionCount;
    }

    /// <summary>Element type of an observation.</summary>
    public ElementType ElementType { get; }

    /// <summary>Elements of an observation.</summary>
    public int ObservationLength { get; }

    /// <summary>Number of actions, A; of elements of an action, for a policy over continuous ones.</summary>
    public int ActionCount { get; }

    /// <summary>Bytes of one observation.</summary>
    public int ObservationBytes => ObservationLength * ElementType.ByteSize();

    /// <summary>All tensors of the parameters, in flat order and without gaps.</summary>
    public abstract ImmutableArray<TensorSpec> Tensors { get; }

    /// <summary>Length of the flat parameter array.</summary>
    public int ParameterCount => Tensors[^1].Offset + Tensors[^1].Length;

    /// <summary>The number of values of a discrete observation, or the number of elements of any other.</summary>
    public abstract int InputWidth { get; }

    /// <summary>Creates what computes the values of the actions, with all parameters zero.</summary>
    /// <exception cref="ArgumentException">The network's inputs do not match its observations.</exception>
    public IQNetwork CreateNetwork() => CreateInference();

    internal abstract ISharedInference CreateInference();
}
