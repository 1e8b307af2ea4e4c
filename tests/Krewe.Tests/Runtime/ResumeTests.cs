using Krewe.Contracts;
using Krewe.Runtime;

namespace Krewe.Tests;

public sealed class ResumeTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(false, false)]
    public async Task A_resumed_run_continues_counters_versions_and_evaluations(bool saveReplay, bool deterministic)
    {
        RunFolder folder = RunFolder.Create(_folder["run"]);
        TrainingOptions options = Sessions.Small("CartPole-v1", steps: 2_400, deterministic: deterministic);
        options.Run.SaveReplay = saveReplay;
        using (var session = new TrainingSession(options, folder: folder))
        {
            await Sessions.Start(session);
        }

        Checkpoint first = CheckpointFolder.Read(folder.Last);
        int evaluations = File.ReadAllLines(folder.Evaluations).Length;
        bool hasReplay = saveReplay || deterministic;
        Assert.Equal(hasReplay, first.HasReplay);

        first.Options.Run.Steps = 4_800;
        folder.Dispose();
        using RunFolder again = RunFolder.Open(folder.Path);
        using var resumed = new TrainingSession(first.Options, folder: again, resume: first, resumeFrom: folder.Last);
        TrainingProgress before = resumed.Progress;
        Assert.Equal((first.EnvironmentSteps, first.Updates, first.Episodes), (before.EnvironmentSteps, before.Updates, before.Episodes));
        Assert.Equal(first.PolicyVersion, before.PolicyVersion);
        Assert.Equal(first.BestMean, before.BestMean);
        Assert.Equal(hasReplay ? 2_400 : 0, before.Replay.Inserted);
        Assert.Equal(hasReplay, before.Replay.Size > 0);

        TrainingResult result = await Sessions.Start(resumed);
        Checkpoint last = CheckpointFolder.Read(folder.Last);
        Assert.Equal((4_800, 4_800), (result.EnvironmentSteps, last.EnvironmentSteps));
        Assert.InRange(last.Updates, first.Updates + 100, long.MaxValue);
        Assert.InRange(last.Episodes, first.Episodes + 1, long.MaxValue);
        Assert.InRange(last.PolicyVersion, first.PolicyVersion + 1, long.MaxValue);
        Assert.Equal(last.Updates - first.Updates, last.State.Numbers["adam.step"] - first.State.Numbers["adam.step"]);
        Assert.Equal(deterministic, last.WallSeconds == 0);
        Assert.InRange(last.WallSeconds, deterministic ? 0 : double.BitIncrement(first.WallSeconds), double.MaxValue);
        Assert.InRange(last.BestMean!.Value, first.BestMean!.Value, 500);
        Assert.InRange(File.ReadAllLines(folder.Evaluations).Length, evaluations + 1, int.MaxValue);
        Assert.NotEqual(first.ActorRandom, last.ActorRandom);
    }

    [Fact]
    public async Task A_solved_run_with_until_solved_has_nothing_left_to_do()
    {
        using RunFolder folder = RunFolder.Create(_folder["run"]);
        TrainingOptions options = Sessions.Small("Easy-v0", steps: 20_000);
        options.Run.UntilSolved = true;
        using (var session = new TrainingSession(options, Sessions.With("Easy-v0", _ => new StepResult(1, false, false), threshold: 10), folder))
        {
            await Sessions.Start(session);
        }

        Checkpoint last = CheckpointFolder.Read(folder.Last);
        InvalidOptionException refused = Assert.Throws<InvalidOptionException>(() => Resuming.CheckUnfinished(last.Options, last, folder.Path));
        Assert.Contains("run.until_solved=false", refused.Message, StringComparison.Ordinal);
        last.Options.Run.UntilSolved = false;
        Resuming.CheckUnfinished(last.Options, last, folder.Path);

        // Fewer steps than an interrupted run has taken.
        Checkpoint interrupted = last with { IsComplete = false };
        TrainingOptions fewer = new OptionBinder(last.Options).ApplyAssignment("run.steps=10").Bind();
        Assert.Throws<InvalidOptionException>(() => Resuming.CheckUnfinished(fewer, interrupted, folder.Path));
    }

    [Fact]
    public async Task A_best_checkpoint_newer_than_the_last_one_is_not_replaced_by_a_worse_one()
    {
        using RunFolder folder = await RunBefore();
        // As after a crash between an evaluation and the next checkpoint.
        Checkpoint last = CheckpointFolder.Read(folder.Last);
        CheckpointFolder.Write(folder.Best, CheckpointFolder.Read(folder.Best) with { EvaluationMean = 10_000 });
        last.Options.Run.Steps = 2_000;
        using var resumed = new TrainingSession(last.Options, folder: folder, resume: last, resumeFrom: folder.Last);
        await Sessions.Start(resumed);
        Assert.NotEqual(last.EnvironmentSteps, CheckpointFolder.Read(folder.Last).EnvironmentSteps);
        Assert.Equal(10_000, CheckpointFolder.Read(folder.Best).EvaluationMean);
        Assert.Equal(10_000, resumed.Progress.BestMean);
        Assert.Equal(10_000, Assert.Single(RunSummary.List(Path.GetDirectoryName(folder.Path)!)).BestMean);

        // The checkpoint records what the run itself has reached, so that it evaluates the same again however often it is resumed.
        Assert.InRange(CheckpointFolder.Read(folder.Last).BestMean!.Value, 0, 500);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_damaged_best_checkpoint_does_not_cost_the_result(bool hasPrevious)
    {
        using RunFolder folder = await RunBefore();
        Checkpoint first = CheckpointFolder.Read(folder.Last);
        string previous = folder.Best + CheckpointFolder.PreviousSuffix;
        if (Directory.Exists(previous))
        {
            Directory.Delete(previous, recursive: true);
        }

        Directory.Move(folder.Best, hasPrevious ? previous : _folder["moved"]);
        if (!hasPrevious)
        {
            Directory.CreateDirectory(folder.Best);
        }

        first.Options.Run.Steps = 1_008;
        var warnings = new List<string>();
        using var resumed = new TrainingSession(first.Options, folder: folder, resume: first with { BestMean = 1_000 }, resumeFrom: folder.Last);
        resumed.Warned += warnings.Add;
        TrainingResult result = await Sessions.Start(resumed);
        Assert.NotNull(result.Final);
        Assert.Contains(warnings, warning => warning.Contains(hasPrevious ? ".previous" : "continuing without it", StringComparison.Ordinal));
        Assert.Equal(folder.Best, result.Checkpoint);

        // A best mean that no network in the folder has would keep every later one from being saved.
        Assert.InRange(CheckpointFolder.Read(folder.Last).BestMean!.Value, 0, 500);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0.6)]
    public void A_run_resumed_twice_from_the_same_checkpoint_in_lock_step_ends_in_the_same_weights(double priorityExponent)
    {
        RunFolder folder = RunFolder.Create(_folder["run"]);
        TrainingOptions options = Sessions.Small("CartPole-v1", steps: 1_600);
        options.Replay.PriorityExponent = priorityExponent;
        options.Run.SaveReplay = true;
        using (var session = new TrainingSession(options, folder: folder))
        {
            session.Run();
        }

        Assert.Equal(Resume("a"), Resume("b"));

        byte[] Resume(string name)
        {
            Checkpoint checkpoint = CheckpointFolder.Read(folder.Last);
            checkpoint.Options.Run.Steps = 3_200;
            RunFolder own = RunFolder.Create(_folder[name]);
            using var session = new TrainingSession(checkpoint.Options, folder: own, resume: checkpoint, resumeFrom: folder.Last);
            session.Run();
            return File.ReadAllBytes(Path.Combine(own.Last, CheckpointFolder.WeightsFile));
        }
    }

    [Fact]
    public async Task A_checkpoint_of_another_agent_is_refused()
    {
        using RunFolder folder = await RunBefore();
        Checkpoint last = CheckpointFolder.Read(folder.Last);
        TrainingOptions changed = Sessions.Small("CartPole-v1", steps: 2_000);
        changed.Agent.Kind = "double_dqn";
        var refused = Assert.Throws<InvalidOptionException>(() => new TrainingSession(changed, folder: folder, resume: last, resumeFrom: folder.Last));
        Assert.Contains("agent.kind dqn", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_checkpoint_of_an_agent_that_is_not_loaded_can_be_shown_but_not_run()
    {
        using RunFolder folder = await RunBefore();
        string manifest = Path.Combine(folder.Last, CheckpointFolder.ManifestFile);
        System.Text.Json.Nodes.JsonNode root = System.Text.Json.Nodes.JsonNode.Parse(await File.ReadAllTextAsync(manifest, TestContext.Current.CancellationToken))!;
        root["options"]!["agent"]!["kind"] = "of_a_user";
        root["options"]!["of_a_user"] = new System.Text.Json.Nodes.JsonObject { ["spread"] = 3 };
        await File.WriteAllTextAsync(manifest, root.ToJsonString(), TestContext.Current.CancellationToken);

        Checkpoint last = CheckpointFolder.Read(folder.Last);
        Assert.Equal("of_a_user", last.Options.Agent.Kind);
        var refused = Assert.Throws<InvalidOptionException>(() => new TrainingSession(last.Options, folder: folder, resume: last, resumeFrom: folder.Last));
        Assert.Contains("--assembly", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_checkpoint_of_another_network_is_refused_before_anything_starts()
    {
        Checkpoint checkpoint = Checkpoints.Distinct();
        TrainingOptions options = Sessions.Small("CartPole-v1");
        var e = Assert.Throws<InvalidOptionException>(
            () => new TrainingSession(options, resume: checkpoint, resumeFrom: "some/folder"));
        Assert.Contains("some/folder", e.Message, StringComparison.Ordinal);
        Assert.Contains("64-5-4", e.Message, StringComparison.Ordinal);
        Assert.Contains("4-16-2", e.Message, StringComparison.Ordinal);
    }

    /// <summary>The folder of a run of 1,000 steps.</summary>
    private async Task<RunFolder> RunBefore()
    {
        RunFolder folder = RunFolder.Create(_folder["run"]);
        using var session = new TrainingSession(Sessions.Small("CartPole-v1", steps: 1_000), folder: folder);
        await Sessions.Start(session);
        return folder;
    }
}
