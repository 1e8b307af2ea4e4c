using Krewe.Actors;
using Krewe.Cli;
using Krewe.Contracts;
using Krewe.Runtime;
using Spectre.Console;

namespace Krewe.Tests;

/// <summary>What a view draws of a run that it knows only the progress of.</summary>
public class TrainViewTests
{
    private static readonly TrainingProgress Start = new(
        TimeSpan.FromSeconds(10), 2_000, 10_000, 300, 40, MeanReturn: 21.5, Epsilon: 0.25, new TrainResult(0.5f, 12, 3), PolicyVersion: 9,
        PolicyLag: 2, new ReplayStatistics { Size = 1_900, Inserted = 2_000, Sampled = 8_000 }, LastEvaluation: null, BestMean: null);

    private static readonly TrainingProgress Evaluated = Start with
    {
        Elapsed = TimeSpan.FromSeconds(12),
        EnvironmentSteps = 6_000,
        LastEvaluation = new EvaluationResult(123.5, 4.25, 100, 130, 123.5, 10),
        BestMean = 123.5,
    };

    [Fact]
    public void The_panel_shows_where_the_run_stands_and_its_speed_since_the_last_look()
    {
        var panel = new TrainPanel();
        Assert.Contains("none yet", Draw(panel, Start), StringComparison.Ordinal);
        string text = Draw(panel, Evaluated);
        Assert.All(
            ["6,000 / 10,000", "2,000 steps/s", "epsilon 0.250", "return(100) 21.5", "policy 9 (lag 2)", "replay 1,900", "samples/insert 4.00", "123.5 +/- 4.25"],
            part => Assert.Contains(part, text, StringComparison.Ordinal));
    }

    [Fact]
    public void The_line_of_an_evaluation_needs_nothing_but_the_progress()
    {
        Assert.Null(TrainText.Evaluation(Start));
        string line = TrainText.Evaluation(Evaluated)!;
        Assert.All(["12.00 s", "6,000 steps", "epsilon 0.250", "123.5 +/- 4.25"], part => Assert.Contains(part, line, StringComparison.Ordinal));
        Assert.EndsWith("  best", line, StringComparison.Ordinal);
        Assert.DoesNotContain("best", TrainText.Evaluation(Evaluated with { BestMean = 200 }), StringComparison.Ordinal);
        Assert.Equal(line, TrainText.Evaluation(new EvaluationReport(12, 6_000, 300, Evaluated.LastEvaluation!.Value, IsBest: true), Evaluated));
    }

    private static string Draw(TrainPanel panel, TrainingProgress progress)
    {
        using var text = new StringWriter();
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, Out = new AnsiConsoleOutput(text) });
        console.Profile.Width = 200;
        console.Write(panel.Render(progress));
        return text.ToString();
    }
}
