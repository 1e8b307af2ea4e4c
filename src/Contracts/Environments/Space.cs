using System.Globalization;

namespace Krewe.Contracts;

/// <summary>
/// The set that observations or actions come from, equivalent to Gymnasium's <c>gymnasium.spaces.Space</c>: a <see cref="BoxSpace"/> or a
/// <see cref="DiscreteSpace"/>.
/// </summary>
public abstract record Space
{
    private protected Space(ElementType elementType, int length)
    {
        ElementType = elementType;
        Length = length;
    }

    /// <summary>The type of one stored element.</summary>
    public ElementType ElementType { get; }

    /// <summary>Number of stored elements: the product of the shape for a box, 1 for a discrete space.</summary>
    public int Length { get; }

    /// <summary>Size of one stored value in bytes.</summary>
    public int ByteSize => Length * ElementType.ByteSize();
}

/// <summary>
/// The integers <see cref="Start"/> .. <see cref="Start"/> + <see cref="N"/> - 1, equivalent to <c>gymnasium.spaces.Discrete</c>.
/// </summary>
public sealed record DiscreteSpace : Space
{
    /// <summary>Creates the space.</summary>
    /// <param name="n">Number of values, at least 1.</param>
    /// <param name="start">The smallest value.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="n"/> is below 1.</exception>
    public DiscreteSpace(int n, int start = 0)
        : base(ElementType.Int32, 1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(n, 1);
        N = n;
        Start = start;
    }

    /// <summary>Number of values.</summary>
    public int N { get; }

    /// <summary>The smallest value.</summary>
    public int Start { get; }

    /// <inheritdoc/>
    public override string ToString() =>
        Start == 0
            ? string.Create(CultureInfo.InvariantCulture, $"Discrete({N})")
            : string.Create(CultureInfo.InvariantCulture, $"Discrete({N}, start={Start})");
}
