using System.Collections.Immutable;

namespace Krewe.Networks;

/// <summary>One tensor of a network's parameters.</summary>
/// <param name="Name">Layer and tensor, for example <c>0.weight</c> or <c>value.1.norm.bias</c>.</param>
/// <param name="Shape">Its shape, row-major.</param>
/// <param name="Offset">Its offset in the flat parameter array.</param>
/// <param name="Fan">Fan-in of its layer, which determines the range of the initial values; 0 for a normalization.</param>
/// <param name="InitialValue">The initial value of a normalization's tensor: 1 for a gain, 0 for a bias.</param>
public sealed record TensorSpec(string Name, ImmutableArray<long> Shape, int Offset, int Fan, float InitialValue)
{
    /// <summary>Number of elements.</summary>
    public int Length { get; } = checked((int)Shape.Aggregate(1L, (product, dimension) => product * dimension));
}
