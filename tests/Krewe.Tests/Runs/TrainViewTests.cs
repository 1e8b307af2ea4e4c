using Krewe.Actors;
using Krewe.Cli;
using Krewe.Contracts;
using Krewe.Runtime;
using Spectre.Console;

namespace Krewe.Tests;

/// <summary>Tests the views of a run, which know only its progress.</summary>
public class TrainViewTests
{
    private static readonly TrainingProgress Start = new(
        TimeSpan.FromSeconds(10), 2_000, 10_000, 0, 0, MeanReturn: null, Epsilon: 0.25, LastUpdate: default, PolicyVersion: 9,
        PolicyLag: 2, new ReplayStatistics { Size = 1_900, Inserted = 2_000, Sampled = 8_000 }, LastEvaluation: null, BestMean: null);

    private static readonly TrainingProgress Evaluated = Start with
    {
        Elapsed = TimeSpan.FromSeconds(12),
        EnvironmentSteps = 6_000,
        Updates = 300,
        Episodes = 40,
        MeanReturn = 21.5,
        LastUpdate = new TrainResult(0.5f, 12, 3),
        PolicyVersion = PolicyVersions.Of(1, 17_293),
        LastEvaluation = Report(123.5),
        BestMean = 123.5,
    };

    public static TheoryData<int> Widths() => [1, 20, 60, 80, 120, 300];

    [Fact]
    public void The_panel_shows_the_progress_of_the_run_and_its_speed_since_the_last_frame()
    {
        var run = new Shown();
        var panel = new TrainPanel(run, PanelGlyphs.Unicode);
        string text = Text(panel.Draw(120, stopping: false));
        Assert.All(["CartPole-v1", "runs/one", "none yet", "loss -", "ETA -"], part => Assert.Contains(part, text, StringComparison.Ordinal));
        Assert.DoesNotContain("NaN", text, StringComparison.Ordinal);

        run.Progress = Evaluated;
        text = Text(panel.Draw(120, stopping: false));
        Assert.All(
            [
                " 60%  6,000 / 10,000  ETA 2 s", "2,000 steps/s", "epsilon 0.250", "return(100) 21.5", "policy 1:17293 (lag 2)", "1,900 transitions",
                "4.00 samples/insert", "123.5 +/- 4.25", "best 123.5", "solved at 475",
            ],
            part => Assert.Contains(part, text, StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void No_line_reaches_the_edge_of_the_terminal_and_the_number_of_lines_never_changes(int width)
    {
        var run = new Shown { Progress = Evaluated with { EnvironmentSteps = 1_234_567_890, StepBudget = 9_999_999_999, Updates = 999_999_999, Episodes = 77_777_777 } };
        var panel = new TrainPanel(run, PanelGlyphs.Unicode);
        int height = panel.Draw(width, stopping: false).Count;
        for (int i = 0; i < 500; i++)
        {
            panel.Add(Report(i, i * 1_000));
            run.WaitsFor = i % 2 == 0 ? null : new string('x', 200);
            IReadOnlyList<PanelLine> lines = panel.Draw(width, stopping: i % 3 == 0);
            Assert.Equal(height, lines.Count);
            Assert.All(lines, line => Assert.InRange(line.Text.Length, 0, Math.Max(1, width - 1)));
        }
    }

    [Theory]
    [InlineData(60)]
    [InlineData(80)]
    [InlineData(120)]
    public void The_bar_is_readable_without_colour_and_grows_with_the_terminal(int width)
    {
        var panel = new TrainPanel(new Shown { Progress = Start with { EnvironmentSteps = 5_000 } }, PanelGlyphs.Ascii);
        string line = panel.Draw(width, stopping: false)[1].Text;
        int done = line.Count(c => c == '#');
        Assert.InRange(line.Count(c => c == '.') - done, 0, 1);
        Assert.Equal(width - 1, line.Length);
        Assert.Contains(" 50%", line, StringComparison.Ordinal);
    }

    [Fact]
    public void The_curve_marks_the_best_and_the_first_evaluation_that_solved_it()
    {
        var curve = new EvaluationCurve(threshold: 4, PanelGlyphs.Ascii);
        Assert.Equal(("", ""), curve.Draw(10));
        foreach ((double mean, bool isBest) in new[] { (0.0, true), (2, true), (5, true), (6, true), (7, false), (1, false) })
        {
            curve.Add(Report(mean) with { IsBest = isBest, ConfirmedMean = isBest ? mean : null });
        }

        // The 7 was not confirmed.
        Assert.Equal(("_-*##.", "  !^  "), curve.Draw(10));

        // Column by column, the last of two; where both marks meet, it is that of the solving one.
        Assert.Equal((".#_", " ! "), curve.Draw(3));
        Assert.Equal(5, curve.Solved!.Value.Result.Mean);
    }

    [Fact]
    public void The_panel_shows_what_the_run_waits_for_and_how_to_end_it_while_stopping()
    {
        var run = new Shown { WaitsFor = "actor 3" };
        var panel = new TrainPanel(run, PanelGlyphs.Ascii);
        Assert.Equal("waiting for actor 3", panel.Draw(80, stopping: false)[^1].Text);
        Assert.StartsWith("stopping    waiting for actor 3; Ctrl-C", panel.Draw(80, stopping: true)[^1].Text, StringComparison.Ordinal);
    }

    [Fact]
    public void The_line_of_an_evaluation_describes_its_own_step()
    {
        string line = TrainText.Evaluation(Report(123.5, steps: 6_000) with { MeanReturn = 21.5 });
        Assert.All(["12.00 s", "6,000 steps", "epsilon 0.750", "return(100)     21.5", "123.5 +/- 4.25"], part => Assert.Contains(part, line, StringComparison.Ordinal));
        Assert.EndsWith("  confirmed 120.25, best", TrainText.Evaluation(Report(123.5) with { ConfirmedMean = 120.25 }), StringComparison.Ordinal);
        Assert.Contains("return(100) none yet", TrainText.Evaluation(Report(1)), StringComparison.Ordinal);
        Assert.DoesNotContain("best", TrainText.Evaluation(Report(1) with { IsBest = false, ConfirmedMean = 0.5 }), StringComparison.Ordinal);
    }

    [Fact]
    public void A_frame_is_drawn_over_the_previous_one_however_many_rows_it_takes_now()
    {
        using var text = new StringWriter();
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.Yes, ColorSystem = ColorSystemSupport.NoColors, Out = new AnsiConsoleOutput(text) });
        (console.Profile.Width, console.Profile.Height) = (80, 24);
        var frame = new LiveFrame(console);
        PanelLine[] lines = [new(new string('a', 79)), new("b"), new("")];
        frame.Draw(lines);
        Assert.Equal($"{new string('a', 79)}\e[K\nb\e[K\n\e[K\n", Written());
        frame.Draw(lines);
        Assert.StartsWith("\e[3A\ra", Written(), StringComparison.Ordinal);

        // 79 columns take three rows of 30.
        console.Profile.Width = 30;
        frame.Draw([new("a"), new("b"), new("")]);
        Assert.StartsWith("\e[5A\r\e[Ja", Written(), StringComparison.Ordinal);
        frame.Print("krewe: warning: x");
        Assert.StartsWith("\e[3A\r\e[Jkrewe: warning: x\n", Written(), StringComparison.Ordinal);
        console.Profile.Height = 3;
        frame.Draw(lines);
        Assert.DoesNotContain("A\r", Written(), StringComparison.Ordinal);
        frame.Draw(lines);
        Assert.StartsWith("\e[4A\r", Written(), StringComparison.Ordinal);

        string Written()
        {
            string all = text.ToString().Replace("\r\n", "\n", StringComparison.Ordinal);
            text.GetStringBuilder().Clear();
            return all;
        }
    }

    [Fact]
    public void Episodes_are_counted_on_one_line_that_is_cleared_at_the_end()
    {
        var time = new ManualTime();
        using var text = new StringWriter();
        using (var progress = new EpisodeProgress(1_000, text, time))
        {
            progress.Show(10);
            time.Advance(TimeSpan.FromSeconds(1));
            progress.Show(20);
            progress.Show(30);
        }

        Assert.Equal($"\r20 / 1,000 episodes\r{new string(' ', 19)}\r", text.ToString());
    }

    private static EvaluationReport Report(double mean, long steps = 6_000) => new(
        12, steps, 300, new EvaluationResult(mean, 4.25, 100, 130, 123.5, 10), IsBest: true, Epsilon: 0.75, MeanReturn: null, Loss: null, ConfirmedMean: mean);

    private static string Text(IReadOnlyList<PanelLine> lines) => string.Join('\n', lines.Select(line => line.Text));

    private sealed class Shown : ITrainingRun
    {
        public event Action<EvaluationReport>? Evaluated
        {
            add { }
            remove { }
        }

        public event Action<string>? Warned
        {
            add { }
            remove { }
        }

        public string? Location => "runs/one";

        public string? WaitsFor { get; set; }

        public EnvironmentSpec Environment { get; } = Krewe.Environments.EnvironmentRegistry.CreateDefault().GetSpec("CartPole-v1");

        public TrainingOptions Options { get; } = new();

        public TrainingProgress Progress { get; set; } = Start;

        public TrainingResult Run(CancellationToken cancellationToken = default) => throw new NotSupportedException();
    }
}
