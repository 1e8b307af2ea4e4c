
namespace Krewe.Contracts;

/// <summary>
/// Says of an option what a user must know: a description with its unit, and its range. The binder checks the range, the help
/// prints both, so that they stand in one place.
/// </summary>
/// <param name="description">One line, with the unit.</param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class OptionAttribute(string description) : Attribute
{
    /// <summary>One line, with the unit.</summary>
    public string Description { get; } = description;

    /// <summary>Smallest allowed value.</summary>
    public double Min { get; init; } = double.NegativeInfinity;

    /// <summary>Largest allowed value.</summary>
    public double Max { get; init; } = double.PositiveInfinity;

    /// <summary>Whether <see cref="Min"/> itself is refused.</summary>
    public bool MinExclusive { get; init; }
}
