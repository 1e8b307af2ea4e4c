using Krewe.Runtime;

namespace Krewe.Cli;

/// <summary>The learning curve as two lines of text: bars, and marks of the best and the first solving evaluation. Thread-safe.</summary>
/// <param name="threshold">Mean return at which the environment is considered solved; null for none.</param>
/// <param name="glyphs">The characters to draw with.</param>
public sealed class EvaluationCurve(double? threshold, PanelGlyphs glyphs)
{
    private readonly Lock _lock = new();
    private readonly List<EvaluationReport> _reports = [];

    /// <summary>The evaluation that first reached the threshold; null while there is none.</summary>
    public EvaluationReport? Solved { get; private set; }

    /// <summary>Adds an evaluation.</summary>
    /// <param name="report">The evaluation.</param>
    public void Add(EvaluationReport report)
    {
        lock (_lock)
        {
            _reports.Add(report);
            Solved ??= report.ConfirmedMean >= threshold ? report : null;
        }
    }

    /// <summary>Draws the curve.</summary>
    /// <param name="width">Columns; when there are more evaluations, each column shows the last of its share.</param>
    /// <returns>Bars and marks; both empty before the first evaluation.</returns>
    public (string Heights, string Marks) Draw(int width)
    {
        EvaluationReport[] shown;
        lock (_lock)
        {
            shown = _reports.Count <= width
                ? [.. _reports]
                : [.. Enumerable.Range(1, width).Select(column => _reports[(int)((long)column * _reports.Count / width) - 1])];
        }

        if (shown.Length == 0)
        {
            return ("", "");
        }

        double low = shown.Min(report => report.Result.Mean);
        double high = Math.Max(shown.Max(report => report.Result.Mean), threshold ?? double.NegativeInfinity);
        int best = Array.FindIndex(shown, report => report.Result.Mean == shown.Max(other => other.Result.Mean));
        int solved = Array.FindIndex(shown, report => report.ConfirmedMean >= threshold);
        char[] marks = [.. Enumerable.Repeat(' ', shown.Length)];
        marks[best] = glyphs.Best;
        if (solved >= 0)
        {
            marks[solved] = glyphs.Solved;
        }

        return (new string([.. shown.Select(Level)]), new string(marks));

        char Level(EvaluationReport report)
        {
            double height = high > low ? (report.Result.Mean - low) / (high - low) : 1;
            return glyphs.Levels[Math.Clamp((int)(height * glyphs.Levels.Length), 0, glyphs.Levels.Length - 1)];
        }
    }
}
