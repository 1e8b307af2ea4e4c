namespace Krewe.Cli;

/// <summary>One measured figure.</summary>
/// <param name="Suite">The suite, for example <c>learning</c>.</param>
/// <param name="Name">What was measured.</param>
/// <param name="Value">The figure: the median of the windows.</param>
/// <param name="Unit">Its unit.</param>
/// <param name="Low">The smallest of the windows.</param>
/// <param name="High">The largest of the windows.</param>
/// <param name="Goal">What it should reach; null for none.</param>
/// <param name="LowerIsBetter">Whether the goal is an upper bound.</param>
public sealed record BenchRow(
    string Suite, string Name, double Value, string Unit, double Low, double High, double? Goal, bool LowerIsBetter = false)
{
    /// <summary>Whether the goal is reached; null without a goal.</summary>
    public bool? Reached => Goal is not { } goal ? null : LowerIsBetter ? Value <= goal : Value >= goal;
}
