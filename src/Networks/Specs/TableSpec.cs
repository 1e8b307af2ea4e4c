using System.Collections.Immutable;
using Krewe.Contracts;

namespace Krewe.Networks;

/// <summary>A table of values: one row for each discrete observation, one column for each action.</summary>
public sealed record TableSpec : PolicySpec
{
    /// <summary>Describes a table.</summary>
    /// <param name="observationCount">Number of observations, at least 1.</param>
    /// <param name="actionCount">Number of actions, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">A count is below 1, or there are more values than an array holds.</exception>
    public TableSpec(int observationCount, int actionCount)
        : base(ElementType.Int32, 1, actionCount)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(observationCount, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((long)observationCount * actionCount, Array.MaxLength, nameof(observationCount));
        InputWidth = observationCount;
        Tensors = [new TensorSpec("table", [observationCount, actionCount], 0, 0, 0)];
    }

    /// <inheritdoc/>
    public override int InputWidth { get; }

    /// <inheritdoc/>
    public override ImmutableArray<TensorSpec> Tensors { get; }

    /// <inheritdoc/>
    public bool Equals(TableSpec? other) => other is not null && InputWidth == other.InputWidth && ActionCount == other.ActionCount;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(InputWidth, ActionCount);

    /// <summary>The size, for example <c>table 16x4</c>.</summary>
    public override string ToString() => $"table {InputWidth}x{ActionCount}";

    internal override ISharedInference CreateInference() => new TableInference(this);
}
