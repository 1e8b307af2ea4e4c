namespace Krewe.Contracts;

/// <summary>
/// Describes an option for the user: one line with the unit, and its range. The binder checks the range and the help prints both, so
/// that they stand in one place.
/// </summary>
/// <param name="description">One line, with the unit.</param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class OptionAttribute(string description) : Attribute
{
    /// <summary>One line, with the unit.</summary>
    public string Description { get; } = description;

    /// <summary>Smallest allowed value, of each element of a list.</summary>
    public double Min { get; init; } = double.NegativeInfinity;

    /// <summary>Largest allowed value, of each element of a list.</summary>
    public double Max { get; init; } = double.PositiveInfinity;

    /// <summary>Whether <see cref="Min"/> itself is refused.</summary>
    public bool MinExclusive { get; init; }

    /// <summary>Most elements of a list.</summary>
    public int MaxCount { get; init; } = int.MaxValue;
}
