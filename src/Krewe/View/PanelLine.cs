namespace Krewe.Cli;

/// <summary>A line of the live panel.</summary>
/// <param name="Text">The text; each character takes one column.</param>
/// <param name="Accent">The part that is shown in color, if the terminal has colors.</param>
public readonly record struct PanelLine(string Text, Range Accent = default);
