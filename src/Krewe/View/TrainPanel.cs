using Krewe.Contracts;
using Krewe.Runtime;

namespace Krewe.Cli;

/// <summary>
/// The live panel of a run: a fixed number of lines, each shorter than the terminal's width, so that they never wrap. The least important
/// parts are dropped first if they do not fit. Keeps state to show speeds: create one panel per view.
/// </summary>
/// <param name="run">The run.</param>
/// <param name="glyphs">The characters to draw with.</param>
public sealed class TrainPanel(ITrainingRun run, PanelGlyphs glyphs)
{
    private const int LabelWidth = 12;
    private const int LeastBar = 10;

    private readonly EvaluationCurve _curve = new(run.Environment.RewardThreshold, glyphs);
    private TrainingProgress? _first;
    private TrainingProgress _before;
    private (double Steps, double Updates) _rate;

    /// <summary>Adds an evaluation to the curve. Thread-safe.</summary>
    /// <param name="report">The evaluation.</param>
    public void Add(EvaluationReport report) => _curve.Add(report);

    /// <summary>Draws the panel.</summary>
    /// <param name="width">Columns of the terminal.</param>
    /// <param name="stopping">Whether the user has asked the run to end.</param>
    public IReadOnlyList<PanelLine> Draw(int width, bool stopping)
    {
        TrainingProgress now = run.Progress;
        _first ??= now;
        UpdateRate(now);
        int room = Math.Max(1, width - 1);
        (string heights, string marks) = _curve.Draw(Math.Max(1, room - LabelWidth));
        return
        [
            new(Cut(run.Location is { } location ? $"{run.Environment.Id}  {Shorten(location, room - run.Environment.Id.Length - 2)}" : run.Environment.Id, room)),
            Steps(now, room),
            Line(room, "speed", $"{_rate.Steps:N0} steps/s", $"{_rate.Updates:N0} updates/s", $"{TrainText.Duration(now.Elapsed)} trained"),
            Line(room, "acting", $"return(100) {TrainText.Number(now.MeanReturn)}", $"epsilon {now.Epsilon:F3}", $"episodes {now.Episodes:N0}"),
            Line(
                room,
                "learning",
                $"updates {now.Updates:N0}",
                $"loss {(now.HasUpdate ? TrainText.Format($"{now.LastUpdate.Loss:G4}") : "-")}",
                $"Q {(now.HasUpdate ? TrainText.Format($"{now.LastUpdate.MeanQ:F2}") : "-")}",
                $"policy {PolicyVersions.Describe(now.PolicyVersion)} (lag {now.PolicyLag:N0})"),
            Line(room, "replay", $"{now.Replay.Size:N0} transitions", $"{now.SamplesPerInsert:F2} samples/insert"),
            Evaluation(now, room),
            new(Cut("curve".PadRight(LabelWidth) + heights, room)),
            new(Cut("".PadRight(LabelWidth) + marks, room)),
            Waiting(room, stopping),
        ];
    }

    private PanelLine Steps(TrainingProgress now, int room)
    {
        double share = Math.Clamp((double)now.EnvironmentSteps / now.StepBudget, 0, 1);
        string rest = "";
        foreach (string part in new[]
        {
            TrainText.Format($" {Math.Floor(share * 100),3:F0}%"),
            TrainText.Format($"  {now.EnvironmentSteps:N0} / {now.StepBudget:N0}"),
            $"  ETA {(TimeLeft(now) is { } left ? TrainText.Duration(left) : "-")}",
        })
        {
            if (LabelWidth + LeastBar + rest.Length + part.Length > room)
            {
                break;
            }

            rest += part;
        }

        int cells = Math.Max(0, room - LabelWidth - rest.Length);
        int done = (int)(share * cells);
        return new PanelLine(
            Cut("steps".PadRight(LabelWidth) + new string(glyphs.Done, done) + new string(glyphs.Left, cells - done) + rest, room),
            Math.Min(LabelWidth, room)..Math.Min(LabelWidth + done, room));
    }

    private PanelLine Evaluation(TrainingProgress now, int room)
    {
        double? threshold = run.Environment.RewardThreshold;
        FormattableString solved = (_curve.Solved, threshold) switch
        {
            ({ } first, _) => $"{glyphs.Solved} solved at {first.EnvironmentSteps:N0} steps",
            (null, { } bound) => $"solved at {bound:0.##}",
            _ => $"",
        };
        return now.LastEvaluation is { Result: var result }
            ? Line(
                room,
                "evaluation",
                $"{result.Mean:0.0##} +/- {result.StandardDeviation:0.0##}",
                $"{glyphs.Best} best {TrainText.Number(now.BestMean)}",
                solved)
            : Line(room, "evaluation", $"none yet", solved);
    }

    private PanelLine Waiting(int room, bool stopping) => (stopping, run.WaitsFor) switch
    {
        (true, { } waits) => new(Cut($"{"stopping".PadRight(LabelWidth)}waiting for {waits}; Ctrl-C ends at once", room)),
        (true, null) => new(Cut("stopping", room)),
        (false, { } waits) => new(Cut($"{"waiting for".PadRight(LabelWidth)}{waits}", room)),
        _ => new(""),
    };

    /// <summary>Estimated time to the end of the budget, at the mean speed since the view started.</summary>
    private TimeSpan? TimeLeft(TrainingProgress now)
    {
        double rate = (now.EnvironmentSteps - _first!.Value.EnvironmentSteps) / (now.Elapsed - _first.Value.Elapsed).TotalSeconds;
        double seconds = Math.Max(0, now.StepBudget - now.EnvironmentSteps) / rate;
        return seconds < TimeSpan.MaxValue.TotalSeconds ? TimeSpan.FromSeconds(seconds) : null;
    }

    /// <summary>Speeds over about the last half second.</summary>
    private void UpdateRate(TrainingProgress now)
    {
        double seconds = (now.Elapsed - _before.Elapsed).TotalSeconds;
        if (_before == default || seconds < 0)
        {
            _before = now;
        }
        else if (seconds >= 0.5 || (_rate == default && seconds > 0))
        {
            _rate = ((now.EnvironmentSteps - _before.EnvironmentSteps) / seconds, (now.Updates - _before.Updates) / seconds);
            _before = now;
        }
    }

    private static PanelLine Line(int room, string label, params FormattableString[] parts)
    {
        string line = label.PadRight(LabelWidth);
        string gap = "";
        foreach (string part in parts.Select(TrainText.Format).Where(part => part.Length > 0))
        {
            if (gap.Length > 0 && line.Length + gap.Length + part.Length > room)
            {
                break;
            }

            line += gap + part;
            gap = "  ";
        }

        return new PanelLine(Cut(line, room));
    }

    private static string Cut(string text, int room) => text.Length <= room ? text : text[..room];

    /// <summary>The end of a path is more informative than its start.</summary>
    private static string Shorten(string path, int room)
    {
        string shown = TrainText.Shown(path);
        return shown.Length <= room || room < 4 ? shown : "..." + shown[^(room - 3)..];
    }
}
