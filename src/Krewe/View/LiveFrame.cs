using Spectre.Console;
using Spectre.Console.Rendering;

namespace Krewe.Cli;

/// <summary>
/// A few lines at the end of the terminal that are redrawn in place. If the terminal has become narrower, the lines of the last frame
/// wrap, and all the rows that they now take are overwritten.
/// </summary>
/// <param name="console">The terminal.</param>
public sealed class LiveFrame(IAnsiConsole console)
{
    private static readonly Style Accent = new(Color.Green);
    private int[] _drawn = [];
    private int _width;

    /// <summary>Draws the lines over the previous ones; each must be shorter than the terminal's width.</summary>
    /// <param name="lines">The lines; those beyond the terminal's height are left out.</param>
    public void Draw(IReadOnlyList<PanelLine> lines)
    {
        PanelLine[] shown = [.. lines.Take(Math.Max(1, console.Profile.Height - 1))];
        int width = console.Profile.Width;
        var segments = new List<Segment>(Up(width, clear: width != _width || shown.Length != _drawn.Length));
        foreach (PanelLine line in shown)
        {
            (int start, int length) = line.Accent.GetOffsetAndLength(line.Text.Length);
            segments.Add(new Segment(line.Text[..start]));
            segments.Add(new Segment(line.Text.Substring(start, length), Accent));
            segments.Add(new Segment(line.Text[(start + length)..]));
            segments.Add(Segment.Control("\e[K"));
            segments.Add(Segment.LineBreak);
        }

        console.Write(new Drawn(segments));
        (_drawn, _width) = ([.. shown.Select(line => line.Text.Length)], width);
    }

    /// <summary>Prints a line above the frame, which is redrawn below it the next time.</summary>
    /// <param name="text">The line.</param>
    public void Print(string text)
    {
        console.Write(new Drawn([.. Up(console.Profile.Width, clear: true), new Segment(text), Segment.LineBreak]));
        _drawn = [];
    }

    private IEnumerable<Segment> Up(int width, bool clear)
    {
        int rows = _drawn.Sum(length => Math.Max(1, (length + width - 1) / width));
        if (rows > 0)
        {
            yield return Segment.Control(FormattableString.Invariant($"\e[{rows}A\r{(clear ? "\e[J" : "")}"));
        }
    }

    private sealed class Drawn(List<Segment> segments) : Renderable
    {
        protected override IEnumerable<Segment> Render(RenderOptions options, int maxWidth) => segments;
    }
}
