namespace Krewe.Cli;

/// <summary>A line of the live panel.</summary>
/// <param name="Text">What it says; each character takes one column.</param>
/// <param name="Accent">The part that is shown in colour where there is any.</param>
public readonly record struct PanelLine(string Text, Range Accent = default);
