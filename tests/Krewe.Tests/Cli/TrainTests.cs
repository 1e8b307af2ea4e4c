using System.Text.Json;
using Krewe.Runtime;

namespace Krewe.Tests;

[Collection(nameof(Alone))]
public sealed class TrainTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Run => _folder["run"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_result_is_one_json_object_on_the_last_line_with_exactly_its_keys()
    {
        CliRun run = CliRun.Train(Run, "--seed", "3");
        JsonElement result = run.Json;
        Assert.Single(run.Lines);
        Assert.Equal(
            [
                "checkpoint", "env", "env_steps", "eval_episodes", "eval_mean", "eval_std", "evaluations_skipped", "last_mean", "last_std", "seed", "solved_at_s", "solved_at_step", "steps_per_s",
                "updates", "updates_per_s", "version", "wall_s",
            ],
            result.EnumerateObject().Select(property => property.Name).Order(StringComparer.Ordinal));
        Assert.Equal("CartPole-v1", result.GetProperty("env").GetString());
        Assert.Equal(3, result.GetProperty("seed").GetInt64());
        Assert.InRange(result.GetProperty("env_steps").GetInt64(), 8_000, 8_031);
        Assert.Equal(100, result.GetProperty("eval_episodes").GetInt32());
        Assert.InRange(result.GetProperty("eval_mean").GetDouble(), 8, 500);
        Assert.Equal(KreweVersion.Current, result.GetProperty("version").GetString());

        Checkpoint last = CheckpointFolder.Read(Path.Combine(Run, "last"));
        Assert.Equal(last.Updates, result.GetProperty("updates").GetInt64());
        Assert.Equal(Path.Combine(Run, "best"), result.GetProperty("checkpoint").GetString());
        double wall = result.GetProperty("wall_s").GetDouble();
        Assert.Equal(last.EnvironmentSteps / wall, result.GetProperty("steps_per_s").GetDouble(), tolerance: 0.01 * last.EnvironmentSteps / wall);
    }

    [Fact]
    public void Without_json_there_is_one_line_per_evaluation()
    {
        CliRun run = CliRun.Ok("train", "CartPole-v1", "--steps", "8000", "--out", Run);
        Assert.Contains("CartPole-v1", run.Lines[0], StringComparison.Ordinal);
        Assert.Contains(run.Lines, line => line.Contains("evaluation", StringComparison.Ordinal) && line.Contains("epsilon", StringComparison.Ordinal));
        Assert.Contains("100 greedy episodes", run.Lines[^1], StringComparison.Ordinal);
        Assert.Empty(run.Error);
    }

    [Fact]
    public void The_run_folder_holds_the_effective_options_the_checkpoints_and_the_curve()
    {
        CliRun.Train(Run, "--set", "learner.batch_size=32", "--set", "learner.batch_size=48", "--actors", "2", "--deterministic");
        using var options = JsonDocument.Parse(File.ReadAllText(Path.Combine(Run, "options.json")));
        Assert.Equal(48, options.RootElement.GetProperty("learner").GetProperty("batch_size").GetInt32());
        Assert.Equal(2, options.RootElement.GetProperty("actor").GetProperty("count").GetInt32());
        Assert.True(options.RootElement.GetProperty("run").GetProperty("deterministic").GetBoolean());
        Assert.Equal(10, options.RootElement.GetProperty("replay").GetProperty("n_step").GetInt32());
        Assert.Equal(8_000, CheckpointFolder.Read(Path.Combine(Run, "last")).Options.Run.Steps);
        Assert.All(File.ReadAllLines(Path.Combine(Run, "evaluations.jsonl")), line => JsonDocument.Parse(line));
    }

    [Fact]
    public void Options_come_from_the_preset_then_the_file_then_set()
    {
        string file = _folder["mine.json"];
        File.WriteAllText(file, """{ "learner": { "batch_size": 32, "discount": 0.9 } }""");
        CliRun.Train(Run, "--preset", file, "--set", "learner.discount=0.95");
        var options = CheckpointFolder.Read(Path.Combine(Run, "last")).Options;
        Assert.Equal((32, 0.95, 10), (options.Learner.BatchSize, options.Learner.Discount, options.Replay.NStep));
    }

    [Fact]
    public void A_resumed_run_continues_in_its_folder_with_its_options()
    {
        CliRun.Train(Run, "--set", "learner.batch_size=32");
        long before = CheckpointFolder.Read(Path.Combine(Run, "last")).Updates;
        JsonElement result = CliRun.Ok("train", "--resume", Run, "--steps", "16000", "--json").Json;
        Assert.InRange(result.GetProperty("env_steps").GetInt64(), 16_000, 16_031);
        Assert.InRange(result.GetProperty("updates").GetInt64(), before + 100, long.MaxValue);
        Assert.Equal(32, CheckpointFolder.Read(Path.Combine(Run, "last")).Options.Learner.BatchSize);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_resumed_run_reports_when_replay_starts_empty(bool saveReplay)
    {
        CliRun.Train(Run, "--set", $"run.save_replay={(saveReplay ? "true" : "false")}");
        CliRun run = CliRun.Ok("train", "--resume", Run, "--steps", "16000", "--json");
        Assert.Equal(!saveReplay, run.Error.Contains("krewe: replay starts empty", StringComparison.Ordinal));
    }

    [Fact]
    public void A_resumed_run_that_is_too_short_to_learn_warns()
    {
        Assert.DoesNotContain("warning", CliRun.Train(Run, "--set", "replay.min_size=2000").Error, StringComparison.Ordinal);
        CliRun run = CliRun.Ok("train", "--resume", Run, "--steps", "9000", "--json");
        Assert.Matches("krewe: warning: 0 updates in 10[0-9][0-9] steps: ", run.Error);
        Assert.Contains("replay.min_size = 2000", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void An_intermediate_checkpoint_that_cannot_be_written_warns_and_the_last_one_fails_the_run()
    {
        Directory.CreateDirectory(Path.Combine(Run, "best"));
        File.WriteAllText(Path.Combine(Run, "best.writing"), "in the way");
        CliRun run = CliRun.Of("train", "CartPole-v1", "--steps", "8000", "--out", Run, "--overwrite", "--json");
        Assert.Equal(1, run.ExitCode);
        string[] lines = run.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Single(lines, line => line.StartsWith("krewe: warning: checkpoint ", StringComparison.Ordinal));
        Assert.StartsWith("krewe: checkpoint ", lines[^2], StringComparison.Ordinal);
        Assert.EndsWith($"to evaluate: krewe evaluate {Run}", lines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void A_damaged_last_checkpoint_is_replaced_by_the_previous_one_with_a_warning()
    {
        CliRun.Train(Run);
        CliRun.Ok("train", "--resume", Run, "--steps", "16000", "--json");
        File.WriteAllText(Path.Combine(Run, "last", "weights.safetensors"), "torn");
        CliRun run = CliRun.Ok("train", "--resume", Run, "--steps", "24000", "--json");
        Assert.Contains("krewe: warning:", run.Error, StringComparison.Ordinal);
        Assert.Contains("weights.safetensors: damaged", run.Error, StringComparison.Ordinal);
        Assert.InRange(run.Json.GetProperty("env_steps").GetInt64(), 24_000, 24_031);
    }

    [Fact]
    public void A_run_that_crashed_between_the_renames_of_a_checkpoint_is_resumed_from_the_previous_one()
    {
        CliRun.Train(Run);
        Directory.Move(Path.Combine(Run, "last"), Path.Combine(Run, "last.previous"));
        CliRun run = CliRun.Ok("train", "--resume", Run, "--steps", "16000", "--json");
        Assert.Contains("last.previous is used instead", run.Error, StringComparison.Ordinal);
        Assert.InRange(run.Json.GetProperty("env_steps").GetInt64(), 16_000, 16_031);
        Assert.InRange(CheckpointFolder.Read(Path.Combine(Run, "last")).EnvironmentSteps, 16_000, 16_031);
    }
}
