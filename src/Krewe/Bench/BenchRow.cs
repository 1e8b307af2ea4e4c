namespace Krewe.Cli;

/// <summary>One benchmark result.</summary>
/// <param name="Suite">The suite, for example <c>learning</c>.</param>
/// <param name="Name">Measured quantity.</param>
/// <param name="Value">The median of the windows.</param>
/// <param name="Unit">Its unit.</param>
/// <param name="Low">The smallest window.</param>
/// <param name="High">The largest window.</param>
/// <param name="Goal">The value to reach; null for none.</param>
/// <param name="LowerIsBetter">Whether the goal is an upper bound.</param>
public sealed record BenchRow(
    string Suite, string Name, double Value, string Unit, double Low, double High, double? Goal, bool LowerIsBetter = false)
{
    /// <summary>Whether the goal is reached; null without a goal.</summary>
    public bool? Reached => Goal is not { } goal ? null : LowerIsBetter ? Value <= goal : Value >= goal;
}
