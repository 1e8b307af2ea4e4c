using System.Collections.Immutable;
using System.Globalization;

namespace Krewe.Contracts;

/// <summary>
/// A box in R^n or in bytes, equivalent to <c>gymnasium.spaces.Box</c>: a shape, bounds for each element, and float32 or uint8 elements.
/// </summary>
public sealed record BoxSpace : Space
{
    /// <summary>Creates a box with separate bounds for each element.</summary>
    /// <param name="shape">The shape, each dimension at least 1.</param>
    /// <param name="low">Lower bounds in row-major order, one for each element.</param>
    /// <param name="high">Upper bounds in the same order.</param>
    /// <param name="elementType"><see cref="ElementType.Float32"/> or <see cref="ElementType.UInt8"/>.</param>
    /// <exception cref="ArgumentException">
    /// The number of bounds does not match the shape, or <paramref name="elementType"/> is <see cref="ElementType.Int32"/>.
    /// </exception>
    public BoxSpace(ImmutableArray<int> shape, ImmutableArray<float> low, ImmutableArray<float> high, ElementType elementType = ElementType.Float32)
        : base(elementType, Product(shape))
    {
        if (elementType == ElementType.Int32)
        {
            throw new ArgumentException("a box holds float32 or uint8 elements", nameof(elementType));
        }

        if (low.Length != Length || high.Length != Length)
        {
            throw new ArgumentException(string.Create(
                CultureInfo.InvariantCulture,
                $"shape {Format(shape)} has {Length} elements, but there are {low.Length} lower and {high.Length} upper bounds"));
        }

        Shape = shape;
        Low = low;
        High = high;
    }

    /// <summary>Creates a box with the same bounds for every element.</summary>
    /// <param name="low">Lower bound of every element; negative infinity for none.</param>
    /// <param name="high">Upper bound of every element; infinity for none.</param>
    /// <param name="shape">The shape, each dimension at least 1.</param>
    /// <param name="elementType"><see cref="ElementType.Float32"/> or <see cref="ElementType.UInt8"/>.</param>
    public BoxSpace(float low, float high, ImmutableArray<int> shape, ElementType elementType = ElementType.Float32)
        : this(shape, Repeat(low, shape), Repeat(high, shape), elementType)
    {
    }

    /// <summary>The shape.</summary>
    public ImmutableArray<int> Shape { get; }

    /// <summary>Lower bounds, row-major.</summary>
    public ImmutableArray<float> Low { get; }

    /// <summary>Upper bounds, row-major.</summary>
    public ImmutableArray<float> High { get; }

    /// <summary>Whether the shape, the bounds and the element type are equal.</summary>
    /// <param name="other">The box to compare with.</param>
    public bool Equals(BoxSpace? other) =>
        other is not null && ElementType == other.ElementType && Shape.AsSpan().SequenceEqual(other.Shape.AsSpan())
        && Low.AsSpan().SequenceEqual(other.Low.AsSpan()) && High.AsSpan().SequenceEqual(other.High.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(ElementType, Length, Low[0], High[0]);

    /// <inheritdoc/>
    public override string ToString()
    {
        bool uniform = Low.All(x => x.Equals(Low[0])) && High.All(x => x.Equals(High[0]));
        string bounds = uniform
            ? string.Create(CultureInfo.InvariantCulture, $"{Low[0]}, {High[0]}")
            : $"[{string.Join(' ', Low.Select(Number))}], [{string.Join(' ', High.Select(Number))}]";
        return $"Box({bounds}, {Format(Shape)}, {(ElementType == ElementType.UInt8 ? "uint8" : "float32")})";
    }

    private static string Number(float value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Format(ImmutableArray<int> shape) => $"({string.Join(", ", shape)}{(shape.Length == 1 ? "," : "")})";

    private static int Product(ImmutableArray<int> shape)
    {
        int product = 1;
        foreach (int dimension in shape)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(dimension, 1, nameof(shape));
            product = checked(product * dimension);
        }

        return product;
    }

    private static ImmutableArray<float> Repeat(float value, ImmutableArray<int> shape)
    {
        var values = new float[Product(shape)];
        Array.Fill(values, value);
        return [.. values];
    }
}
