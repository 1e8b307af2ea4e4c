using Krewe.Actors;
using Krewe.Cli;
using Krewe.Contracts;
using Krewe.Runtime;

namespace Krewe.Tests;

public sealed class RunRecordTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_record_that_may_no_longer_write_leaves_the_folder_unchanged_and_still_evaluates()
    {
        bool mayWrite = true;
        RunFolder folder = RunFolder.Create(_folder["run"]);
        using var run = new LearningRun(folder);
        run.Record.MayWrite = () => mayWrite;
        DoEverything(run);
        Assert.True(Directory.Exists(folder.Best) && Directory.Exists(folder.Last));
        Assert.Single(File.ReadAllLines(folder.Evaluations));

        mayWrite = false;
        IReadOnlyDictionary<string, string> before = TemporaryFolder.Snapshot(folder.Path);
        int evaluations = 0;
        run.Record.Evaluated = _ => evaluations++;
        run.Counters.AddEnvironmentSteps(1_000);
        DoEverything(run);
        Assert.Equal(before, TemporaryFolder.Snapshot(folder.Path));
        Assert.Equal(1, evaluations);

        mayWrite = true;
        DoEverything(run);
        Assert.Equal(1_000, CheckpointFolder.Read(folder.Last).EnvironmentSteps);
        Assert.Equal(2, File.ReadAllLines(folder.Evaluations).Length);
    }

    [Theory]
    [InlineData(false, 1)]
    [InlineData(true, 0)]
    public void An_interrupted_evaluation_counts_as_skipped_unless_the_resumed_run_plays_it(bool deterministic, int skipped)
    {
        using var run = new LearningRun(change: options => options.Run.Deterministic = deterministic);
        run.Stop.Request();
        Assert.ThrowsAny<OperationCanceledException>(() => run.Record.Do(run.Record.MakeDue(evaluate: true, save: false)));
        Assert.Equal(skipped, run.Record.Evaluations.Skipped);
    }

    [Theory]
    [InlineData(0, 0.01, false)]
    [InlineData(0.01, 0.02, true)]
    [InlineData(0.01, 0, true)]
    public void A_run_is_resumed_with_an_average_only_if_its_checkpoint_has_one(double before, double after, bool isAccepted)
    {
        using var first = new LearningRun(change: options => options.Learner.AverageTau = before);
        using var second = new LearningRun(change: options => options.Learner.AverageTau = after);
        Exception? refusal = Record.Exception(() => Resuming.Check(second.Plan, first.Record.Capture(), "some/folder"));
        if (isAccepted)
        {
            Assert.Null(refusal);
        }
        else
        {
            Assert.StartsWith("some/folder: learner.average_tau is 0.01, but the checkpoint has no average", Assert.IsType<InvalidOptionException>(refusal).Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_content_of_replay_is_written_with_the_last_checkpoint_if_the_options_say_so(bool saveReplay)
    {
        RunFolder folder = RunFolder.Create(_folder["run"]);
        using var run = new LearningRun(folder, options => (options.Run.Deterministic, options.Run.SaveReplay) = (false, saveReplay));
        run.Record.Content = new RunContent(() => ["mine.shard"], path => File.WriteAllText(Path.Combine(path, "mine.shard"), "content"));
        run.Record.WriteLast(isComplete: true);
        Assert.Equal(saveReplay ? ["mine.shard"] : [], CheckpointFolder.Read(folder.Last).Files);
        Assert.Equal(saveReplay, File.Exists(Path.Combine(folder.Last, "mine.shard")));

        run.Record.Content = null;
        run.Record.WriteLast(isComplete: true);
        Assert.Empty(CheckpointFolder.Read(folder.Last).Files);
    }

    [Fact]
    public void A_run_ends_with_an_evaluation_its_last_checkpoint_and_the_speed_since_its_resume()
    {
        RunFolder folder = RunFolder.Create(_folder["run"]);
        using var run = new LearningRun(folder);
        run.Counters.AddEnvironmentSteps(500);
        var end = new RunEnd(run.Record, run.Registry, run.Stop, secondsBefore: 10);
        run.Counters.AddEnvironmentSteps(300);
        TrainingResult result = end.Complete(seconds: 13, CancellationToken.None);
        Assert.Equal((800, 100, 13), (result.EnvironmentSteps, result.StepsPerSecond, result.WallSeconds));
        Assert.Contains("800 steps, 0 updates in 13.00 s (100 steps/s, 0 updates/s since it was resumed); ", TrainText.Summary(result, threshold: null), StringComparison.Ordinal);
        Assert.False(result.Interrupted);
        Assert.Equal(run.Plan.Options.Evaluation.FinalEpisodes, result.Final!.Value.Episodes);

        // The best and the last network are the same here, and play the same episodes.
        Assert.Equal(result.Final, result.Last);
        Assert.Equal(folder.Best, result.Checkpoint);
        Assert.Equal(800, CheckpointFolder.Read(folder.Last).EnvironmentSteps);
    }

    [Fact]
    public void The_result_has_the_figures_of_the_last_checkpoint_whatever_is_counted_afterwards()
    {
        RunFolder folder = RunFolder.Create(_folder["run"]);
        using var run = new LearningRun(folder);
        var end = new RunEnd(run.Record, run.Registry, run.Stop, secondsBefore: 0);
        run.Counters.AddEnvironmentSteps(300);
        run.Record.Saved = path => run.Counters.AddEnvironmentSteps(path == folder.Last ? 64 : 0);
        TrainingResult result = end.Complete(seconds: 2, CancellationToken.None);
        Assert.Equal(364, run.Counters.EnvironmentSteps);
        Assert.Equal(300, CheckpointFolder.Read(folder.Last).EnvironmentSteps);
        Assert.Equal((300, 150), (result.EnvironmentSteps, result.StepsPerSecond));
    }

    [Fact]
    public void A_run_that_failed_ends_with_its_last_checkpoint_and_the_first_failure()
    {
        RunFolder folder = RunFolder.Create(_folder["run"]);
        using var run = new LearningRun(folder);
        var end = new RunEnd(run.Record, run.Registry, run.Stop, secondsBefore: 0);
        run.Stop.Guard(() => throw new TimeZoneNotFoundException("first"));
        run.Stop.Guard(() => throw new InvalidOperationException("second"));
        var e = Assert.Throws<TimeZoneNotFoundException>(() => end.Complete(seconds: 1, CancellationToken.None));
        Assert.Equal("first", e.Message);
        Assert.True(Directory.Exists(folder.Last));
        Assert.False(File.Exists(folder.Evaluations));
    }

    [Fact]
    public void An_evaluation_reports_epsilon_return_and_loss_at_its_own_step()
    {
        using var run = new LearningRun(change: options => options.Actor.Epsilon = new Schedule { Kind = ScheduleKind.Linear, Initial = 1, Final = 0, Steps = 1_000 });
        run.Counters.AddEnvironmentSteps(250);
        DueWork due = run.Record.MakeDue(evaluate: true, save: false);
        run.Counters.AddEnvironmentSteps(500);
        run.LastUpdate = new TrainResult(9, 9, 9);
        run.Record.Do(due);
        EvaluationReport report = run.Record.LastEvaluation!.Value;
        Assert.Equal((250, 0.75, 21.5, 0.5), (report.EnvironmentSteps, report.Epsilon, report.MeanReturn!.Value, report.Loss!.Value));
    }

    [Fact]
    public void Work_is_due_until_it_is_taken()
    {
        using var run = new LearningRun(change: options => (options.Evaluation.Interval, options.Run.CheckpointInterval) = (100, 200));
        run.Counters.AddEnvironmentSteps(99);
        Assert.False(run.Record.IsDue);
        run.Counters.AddEnvironmentSteps(1);
        Assert.True(run.Record.IsDue);
        DueWork due = run.Record.TakeDue()!;
        Assert.Equal((true, false), (due.Evaluate, due.Save));
        Assert.False(run.Record.IsDue);
        Assert.Null(run.Record.TakeDue());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_run_until_solved_that_is_resumed_after_it_was_solved_ends(bool untilSolved)
    {
        using var run = new LearningRun(change: options => options.Run.UntilSolved = untilSolved);
        run.Record.Evaluations.Record(new EvaluationResult(500, 0, 500, 500, 500, 100), seconds: 1, step: 100);
        run.Record.Begin();
        Assert.Equal(untilSolved, run.Stop.IsRequested);
    }

    [Fact]
    public void Every_evaluation_plays_other_episodes()
    {
        using var run = new LearningRun(change: options => options.Evaluation.Episodes = 32);
        var means = new HashSet<double>();
        for (int i = 0; i < 4; i++)
        {
            // The same network each time.
            run.Counters.AddEnvironmentSteps(100);
            run.Record.Do(run.Record.MakeDue(evaluate: true, save: false));
            EvaluationReport report = run.Record.LastEvaluation!.Value;
            means.Add(report.Result.Mean);
            Assert.NotEqual(report.Result.Mean, report.ConfirmedMean);
        }

        Assert.True(means.Count > 1, "four evaluations of a network with the same mean");
    }

    [Fact]
    public void The_best_network_is_selected_by_a_second_evaluation()
    {
        using RunFolder folder = RunFolder.Create(_folder["run"]);
        using var run = new LearningRun(folder, options => (options.Evaluation.Episodes, options.Evaluation.FinalEpisodes) = (4, 64));
        List<EvaluationReport> reports = [];
        run.Record.Evaluated = reports.Add;
        for (int i = 0; i < 20; i++)
        {
            run.Counters.AddEnvironmentSteps(100);
            run.Record.Do(run.Record.MakeDue(evaluate: true, save: false));
        }

        double? best = null;
        foreach (EvaluationReport report in reports)
        {
            Assert.Equal(best is null || report.Result.Mean > best, report.ConfirmedMean is not null);
            Assert.Equal(report.ConfirmedMean is not null && !(report.ConfirmedMean <= best), report.IsBest);
            best = report.IsBest ? report.ConfirmedMean : best;
        }

        // The network never changes: some of 20 means of 4 episodes are above that of 64, and lucky.
        Assert.Contains(reports, report => report.ConfirmedMean is not null && !report.IsBest);
        Assert.Equal(best, CheckpointFolder.Read(folder.Best).EvaluationMean);
        Assert.Equal(best, run.Record.Evaluations.Best);
    }

    [Fact]
    public void A_checkpoint_that_cannot_be_written_warns_once_and_is_retried_when_the_next_is_due()
    {
        using RunFolder folder = RunFolder.Create(_folder["run"]);
        using var run = new LearningRun(folder);
        List<string> warnings = [];
        run.Record.Warned = warnings.Add;
        Block(folder);
        DoDue(run);
        DoDue(run);
        Assert.StartsWith($"checkpoint {folder.Last} could not be written: ", Assert.Single(warnings), StringComparison.Ordinal);

        Unblock(folder);
        run.Counters.AddEnvironmentSteps(700);
        DoDue(run);
        Assert.Equal(700, CheckpointFolder.Read(folder.Last).EnvironmentSteps);
        Assert.True(Directory.Exists(folder.Best), "the best network, which could not be written when it was found, is lost");
        Assert.Single(warnings);

        Block(folder);
        DoDue(run);
        Assert.Equal(2, warnings.Count);
    }

    [Fact]
    public void A_last_checkpoint_that_cannot_be_written_fails_the_run()
    {
        using RunFolder folder = RunFolder.Create(_folder["run"]);
        using var run = new LearningRun(folder);
        var end = new RunEnd(run.Record, run.Registry, run.Stop, secondsBefore: 0);
        Block(folder);
        var e = Assert.Throws<KreweException>(() => end.Complete(seconds: 1, CancellationToken.None));
        Assert.Contains("could not be written", e.Message, StringComparison.Ordinal);
        Assert.Equal(1, e.ExitCode);
    }

    // Files in place of the checkpoint folders: every write fails, as on a full disk.
    private static void Block(RunFolder folder)
    {
        File.WriteAllText(folder.Last + CheckpointFolder.WritingSuffix, "in the way");
        File.WriteAllText(folder.Best + CheckpointFolder.WritingSuffix, "in the way");
    }

    private static void Unblock(RunFolder folder)
    {
        File.Delete(folder.Last + CheckpointFolder.WritingSuffix);
        File.Delete(folder.Best + CheckpointFolder.WritingSuffix);
    }

    private static void DoDue(LearningRun run) => run.Record.Do(run.Record.MakeDue(evaluate: true, save: true));

    private static void DoEverything(LearningRun run)
    {
        run.Record.Do(run.Record.MakeDue(evaluate: true, save: true));
        run.Record.WriteLast(isComplete: true);
    }
}
