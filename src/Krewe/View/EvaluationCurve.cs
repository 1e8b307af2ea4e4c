using Krewe.Runtime;

namespace Krewe.Cli;

/// <summary>The learning curve as two lines of text: bars, and marks of the evaluation whose network is kept as the best and of the first solving one. Thread-safe.</summary>
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
        int best;
        int solved;
        lock (_lock)
        {
            int[] ends = [.. Enumerable.Range(1, Math.Min(width, _reports.Count)).Select(column => (int)((long)column * _reports.Count / Math.Min(width, _reports.Count)) - 1)];
            shown = [.. ends.Select(end => _reports[end])];
            best = ColumnOf(_reports.FindLastIndex(report => report.IsBest));
            solved = ColumnOf(_reports.FindIndex(report => report.ConfirmedMean >= threshold));

            int ColumnOf(int index) => index < 0 ? index : Array.FindIndex(ends, end => end >= index);
        }

        if (shown.Length == 0)
        {
            return ("", "");
        }

        double low = shown.Min(report => report.Result.Mean);
        double high = Math.Max(shown.Max(report => report.Result.Mean), threshold ?? double.NegativeInfinity);
        char[] marks = [.. Enumerable.Repeat(' ', shown.Length)];
        if (best >= 0)
        {
            marks[best] = glyphs.Best;
        }

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
