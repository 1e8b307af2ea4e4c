using System.Text.Json;
using Krewe.Runtime;

namespace Krewe.Tests;

[Collection(nameof(Alone))]
public sealed class CommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("")]
    [InlineData("train")]
    [InlineData("evaluate")]
    [InlineData("inspect")]
    [InlineData("runs")]
    [InlineData("envs")]
    [InlineData("envs verify")]
    [InlineData("presets")]
    [InlineData("bench")]
    [InlineData("doctor")]
    public void The_help_of_every_command_shows_an_example(string command)
    {
        CliRun run = CliRun.Ok([.. command.Split(' ', StringSplitOptions.RemoveEmptyEntries), "--help"]);
        Assert.Matches($"Examples?:\\s+krewe {command}", run.Output);
    }

    [Theory]
    [InlineData("train", "[<ENV>]")]
    [InlineData("doctor", "[<ENV>]")]
    [InlineData("presets", "[<NAME>]")]
    [InlineData("runs", "[<DIR>]")]
    [InlineData("evaluate", "<CHECKPOINT>")]
    public void The_help_marks_the_arguments_that_may_be_left_out(string command, string argument)
    {
        string[] lines = CliRun.Ok(command, "--help").Lines;
        Assert.Single(lines, line => line.EndsWith($" {command} {argument} [options]", StringComparison.Ordinal));
        Assert.Single(lines, line => line.StartsWith($"  {argument}  ", StringComparison.Ordinal));
    }

    [Fact]
    public void Evaluate_plays_the_best_checkpoint_of_a_run_reproducibly_with_a_seed()
    {
        CliRun.Train(_folder["run"]);
        JsonElement first = Evaluate("7");
        Assert.Equal(first.GetRawText(), Evaluate("7").GetRawText());
        Assert.NotEqual(first.GetProperty("eval_length").GetDouble(), Evaluate("8").GetProperty("eval_length").GetDouble());
        Assert.Equal(Path.Combine(_folder["run"], "best"), first.GetProperty("checkpoint").GetString());
        Assert.Equal(20, first.GetProperty("episodes").GetInt32());
        Assert.StartsWith("CartPole-v1: ", CliRun.Ok("evaluate", _folder["run"]).Output, StringComparison.Ordinal);

        JsonElement Evaluate(string seed) =>
            CliRun.Ok("evaluate", _folder["run"], "--episodes", "20", "--seed", seed, "--epsilon", "0.5", "--json").Json;
    }

    [Fact]
    public void Inspect_shows_counters_sizes_and_options()
    {
        JsonElement trained = CliRun.Train(_folder["run"]).Json;
        JsonElement seen = CliRun.Ok("inspect", Path.Combine(_folder["run"], "last"), "--json").Json;
        Assert.Equal(trained.GetProperty("env_steps").GetInt64(), seen.GetProperty("env_steps").GetInt64());
        Assert.Equal(trained.GetProperty("updates").GetInt64(), seen.GetProperty("updates").GetInt64());
        Assert.Equal("4-64-64-2", seen.GetProperty("network").GetString());
        Assert.Equal((5 * 64) + (65 * 64) + (65 * 2), seen.GetProperty("parameters").GetInt32());
        Assert.Equal(64, seen.GetProperty("options").GetProperty("learner").GetProperty("batch_size").GetInt32());
        Assert.Equal(
            new FileInfo(Path.Combine(_folder["run"], "last", "weights.safetensors")).Length,
            seen.GetProperty("files").GetProperty("weights.safetensors").GetInt64());
        Assert.Contains("environment steps", CliRun.Ok("inspect", _folder["run"]).Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Envs_lists_every_environment_with_its_spaces()
    {
        string[] lines = CliRun.Ok("envs").Lines;
        foreach (string id in new[] { "CartPole-v1", "MountainCar-v0", "Acrobot-v1", "FrozenLake-v1", "CliffWalking-v1", "CliffWalkingSlippery-v1", "Taxi-v4" })
        {
            Assert.Single(lines, line => line.StartsWith(id + " ", StringComparison.Ordinal));
        }

        string cartPole = lines.Single(line => line.StartsWith("CartPole-v1", StringComparison.Ordinal));
        Assert.All(["Discrete(2)", "limit 500", "threshold 475", "Box("], part => Assert.Contains(part, cartPole, StringComparison.Ordinal));
    }

    [Fact]
    public void Envs_lists_environments_as_json()
    {
        JsonElement[] environments = [.. CliRun.Ok("envs", "--json").Json.EnumerateArray()];
        JsonElement lake = environments.Single(environment => environment.GetProperty("id").GetString() == "FrozenLake8x8-v1");
        Assert.Equal("Discrete(64)", lake.GetProperty("observation_space").GetString());
        Assert.Equal("Discrete(4)", lake.GetProperty("action_space").GetString());
        Assert.Equal(200, lake.GetProperty("max_episode_steps").GetInt32());
    }

    [Fact]
    public void Runs_lists_the_folders_of_runs_with_their_state()
    {
        string best = CliRun.Train(_folder["done"], "--deterministic").Json.GetProperty("checkpoint").GetString()!;
        Directory.CreateDirectory(_folder["something else"]);
        JsonElement run = Assert.Single(CliRun.Ok("runs", _folder.Path, "--json").Json.EnumerateArray());
        Assert.Equal(
            ("done", "completed", "CartPole-v1", 8_000),
            (run.GetProperty("name").GetString(), run.GetProperty("state").GetString(), run.GetProperty("env").GetString(), run.GetProperty("step_budget").GetInt64()));
        Assert.Equal(CheckpointFolder.Read(best).EvaluationMean, run.GetProperty("best_mean").GetDouble());
        Assert.Matches("^done +CartPole-v1 +completed ", Assert.Single(CliRun.Ok("runs", _folder.Path).Lines));
    }

    [Fact]
    public void Runs_of_an_empty_folder_says_so_and_of_a_runs_own_folder_shows_the_run()
    {
        Assert.Equal($"no runs in {_folder.Path} (krewe train ENV starts one)", Assert.Single(CliRun.Ok("runs", _folder.Path).Lines));
        Assert.Empty(CliRun.Ok("runs", _folder.Path, "--json").Json.EnumerateArray());
        CliRun.Train(_folder["run"]);
        Assert.Matches("^run +CartPole-v1 +completed ", Assert.Single(CliRun.Ok("runs", _folder["run"] + "/").Lines));
    }

    [Theory]
    [InlineData("best", "last")]
    [InlineData("last", "last.previous")]
    public void A_damaged_checkpoint_gives_way_with_one_line_that_names_it_the_reason_and_its_replacement(string damaged, string used)
    {
        CliRun.Train(_folder["run"]);
        CliRun.Ok("train", "--resume", _folder["run"], "--steps", "16000");
        if (Directory.Exists(_folder["run/best.previous"]))
        {
            // A run whose evaluations were slower than its training has none.
            Directory.Delete(_folder["run/best.previous"], recursive: true);
        }

        File.WriteAllText(_folder[$"run/{damaged}/weights.safetensors"], "torn");
        string asked = damaged == "best" ? _folder["run"] : _folder[$"run/{damaged}"];
        foreach (string command in new[] { "evaluate", "inspect" })
        {
            CliRun run = CliRun.Ok(command, asked, "--json");
            Assert.Equal(_folder[$"run/{used}"], run.Json.GetProperty("checkpoint").GetString());
            string line = Assert.Single(run.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
            Assert.StartsWith($"krewe: warning: {_folder[$"run/{damaged}"]}/weights.safetensors: damaged: ", line, StringComparison.Ordinal);
            Assert.EndsWith($"; {_folder[$"run/{used}"]} is used instead", line, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Evaluate_accepts_a_weights_file()
    {
        CliRun.Train(_folder["run"]);
        string folder = Path.Combine(_folder["run"], "last");
        Assert.Equal(folder, CliRun.Ok("evaluate", Path.Combine(folder, "weights.safetensors"), "--episodes", "5", "--json").Json.GetProperty("checkpoint").GetString());
    }

    [Fact]
    public void Verify_prints_one_line_per_file()
    {
        CliRun run = CliRun.Ok(
            "envs", "verify", Golden.File("CartPole-v1.jsonl.gz"), Golden.File("Taxi-v4-P.json.gz"), Golden.File("numpy-pcg64.jsonl"));
        Assert.Equal(3, run.Lines.Length);
        Assert.Contains("CartPole-v1.jsonl.gz: CartPole-v1: ", run.Lines[0], StringComparison.Ordinal);
        Assert.Contains("steps compared, largest", run.Lines[0], StringComparison.Ordinal);
    }

    [Fact]
    public void Presets_lists_presets_shows_one_and_lists_every_option()
    {
        Assert.Equal(Preset.Names, CliRun.Ok("presets").Lines.Select(line => line.Split(' ')[0]));
        Assert.Equal(Preset.Text("Taxi-v4"), CliRun.Ok("presets", "Taxi-v4").Output);
        string[] options = CliRun.Ok("presets", "--options").Lines;
        Assert.Equal(OptionSchema.All.Select(option => option.Key), options.Select(line => line.Split(' ')[0]));
        Assert.Contains(options, line => line.StartsWith("learner.batch_size ", StringComparison.Ordinal) && line.EndsWith("(1 to 65536)", StringComparison.Ordinal));
    }

    [Fact]
    public void Doctor_reports_the_machine_and_the_choice_of_backend_as_text_and_as_json()
    {
        // The tests' build has no libtorch.
        JsonElement found = CliRun.Ok("doctor", "FrozenLake-v1", "--json").Json;
        Assert.StartsWith("FrozenLake-v1, ", found.GetProperty("run").GetString(), StringComparison.Ordinal);
        Assert.Contains("libtorch is not part of this build", found.GetProperty("torch_error").GetString(), StringComparison.Ordinal);
        Assert.Equal("simd", found.GetProperty("backend").GetString());
        Assert.InRange(found.GetProperty("memory_gb").GetDouble(), 0.1, double.MaxValue);
        Assert.Equal(["machine", "memory", "torch", "choice"], CliRun.Ok("doctor").Lines.Select(line => line.Split(' ')[0]));
    }

    [Fact]
    public void Presets_and_options_are_listed_as_json()
    {
        JsonElement presets = CliRun.Ok("presets", "--json").Json.GetProperty("presets");
        Assert.Equal(Preset.Names, presets.EnumerateArray().Select(preset => preset.GetProperty("name").GetString()));
        Assert.Equal("Taxi-v4", CliRun.Ok("presets", "Taxi-v4", "--json").Json.GetProperty("environment").GetProperty("id").GetString());
        JsonElement[] options = [.. CliRun.Ok("presets", "--options", "--json").Json.GetProperty("options").EnumerateArray()];
        Assert.Equal(OptionSchema.All.Select(option => option.Key), options.Select(option => option.GetProperty("key").GetString()));
        JsonElement hidden = options.Single(option => option.GetProperty("key").GetString() == "network.hidden");
        Assert.Equal("[64,64]", hidden.GetProperty("default").GetRawText());
        Assert.Equal("1 to 65536", hidden.GetProperty("range").GetString());
    }
}
