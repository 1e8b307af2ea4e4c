namespace Krewe.Cli;

/// <summary>The characters of bars and curves.</summary>
/// <param name="Done">The part of a bar that is done.</param>
/// <param name="Left">The part that is left.</param>
/// <param name="Levels">Heights of a curve, lowest first.</param>
/// <param name="Best">Marks the best evaluation.</param>
/// <param name="Solved">Marks the first that solved the environment.</param>
public sealed record PanelGlyphs(char Done, char Left, string Levels, char Best, char Solved)
{
    /// <summary>For terminals that show Unicode.</summary>
    public static PanelGlyphs Unicode { get; } = new('━', '─', "▁▂▃▄▅▆▇█", '▲', '✓');

    /// <summary>For all others.</summary>
    public static PanelGlyphs Ascii { get; } = new('#', '.', "_.-=+*#", '^', '!');
}
