using Krewe.Runtime;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Krewe.Cli;

/// <summary>The live panel of a run, drawn from nothing but where the run stands. Keeps what it needs to show speeds: one panel a view.</summary>
public sealed class TrainPanel
{
    private TrainingProgress _before;
    private (double Steps, double Updates) _rate;

    /// <summary>Draws the panel.</summary>
    /// <param name="progress">Where the run stands now.</param>
    public IRenderable Render(TrainingProgress progress)
    {
        (double steps, double updates) = UpdateRate(progress);
        double share = Math.Min(1.0, (double)progress.EnvironmentSteps / progress.StepBudget);
        var grid = new Grid().AddColumn(new GridColumn().NoWrap()).AddColumn();
        grid.AddRow("steps", $"{Bar(share)} {TrainText.Format($"{progress.EnvironmentSteps:N0} / {progress.StepBudget:N0}")}");
        grid.AddRow("speed", TrainText.Format($"{steps:N0} steps/s  {updates:N0} updates/s  {progress.Elapsed.TotalSeconds:F1} s"));
        grid.AddRow("acting", TrainText.Format($"epsilon {progress.Epsilon:F3}  return(100) {progress.MeanReturn ?? double.NaN:0.0##}  episodes {progress.Episodes:N0}  policy {progress.PolicyVersion} (lag {progress.PolicyLag})"));
        grid.AddRow("learning", TrainText.Format($"updates {progress.Updates:N0}  loss {progress.LastUpdate.Loss:G4}  Q {progress.LastUpdate.MeanQ:F2}  replay {progress.Replay.Size:N0}  samples/insert {progress.SamplesPerInsert:F2}"));
        grid.AddRow("evaluation", progress.LastEvaluation is { } evaluation
            ? TrainText.Format($"{evaluation.Mean:0.0##} +/- {evaluation.StandardDeviation:0.0##} over {evaluation.Episodes} episodes  best {progress.BestMean:0.0##}")
            : "none yet");
        return grid;
    }

    private static string Bar(double share)
    {
        const int Width = 30;
        int filled = (int)(share * Width);
        return $"[green]{new string('━', filled)}[/][grey]{new string('━', Width - filled)}[/]";
    }

    // Speeds over the last half second or so.
    private (double Steps, double Updates) UpdateRate(TrainingProgress now)
    {
        double seconds = (now.Elapsed - _before.Elapsed).TotalSeconds;
        if (seconds >= 0.5 || _rate == default)
        {
            _rate = seconds <= 0
                ? default
                : ((now.EnvironmentSteps - _before.EnvironmentSteps) / seconds, (now.Updates - _before.Updates) / seconds);
            _before = now;
        }

        return _rate;
    }
}
