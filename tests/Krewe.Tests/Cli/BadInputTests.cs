using Krewe.Runtime;

namespace Krewe.Tests;

/// <summary>
/// Invalid input is answered with one line that says what is wrong, where, and what was expected, and with the exit code.
/// </summary>
[Collection(nameof(Alone))]
public sealed class BadInputTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("unknown command 'trian'; did you mean train?", "trian")]
    [InlineData("unknown option '--stesp'; did you mean --steps?", "train", "CartPole-v1", "--stesp", "5")]
    [InlineData("unknown argument 'extra'", "train", "CartPole-v1", "extra")]
    [InlineData("which environment?", "train")]
    [InlineData("unknown environment CartPol-v1; did you mean CartPole-v1?", "train", "CartPol-v1")]
    [InlineData("unknown preset 'Cartpole-v1'; did you mean CartPole-v1?", "train", "CartPole-v1", "--preset", "Cartpole-v1")]
    [InlineData("unknown preset 'Taxi-v3'; did you mean Taxi-v4?", "presets", "Taxi-v3")]
    [InlineData("unknown option 'learner.bach_size'; did you mean learner.batch_size?", "train", "CartPole-v1", "--set", "learner.bach_size=3")]
    [InlineData("unknown option 'batch_size'; did you mean learner.batch_size?", "train", "CartPole-v1", "--set", "batch_size=64")]
    [InlineData("unknown environment CartPole-v1-tutorial, but it is a preset: krewe train --preset CartPole-v1-tutorial", "train", "CartPole-v1-tutorial")]
    [InlineData("run.steps 500 is below replay.min_size 1000: no update would be done", "train", "CartPole-v1", "--steps", "500")]
    [InlineData("replay.samples_per_insert is 1000000000, expected above 0 and at most 65536", "train", "CartPole-v1", "--set", "replay.samples_per_insert=1e9")]
    [InlineData("learner.batch_size is 0, expected 1 to 65536", "train", "CartPole-v1", "--set", "learner.batch_size=0")]
    [InlineData("learner.discount is \"high\", expected a number", "train", "CartPole-v1", "--set", "learner.discount=high")]
    [InlineData("--steps: run.steps is 0, expected at least 1", "train", "CartPole-v1", "--steps", "0")]
    [InlineData("--seed: run.seed is -1, expected at least 0", "train", "CartPole-v1", "--seed", "-1")]
    [InlineData("--actors: actor.count is 5000, expected 1 to 4096", "train", "CartPole-v1", "--actors", "5000")]
    [InlineData("--steps: run.steps is \"many\", expected a whole number", "train", "CartPole-v1", "--steps", "many")]
    [InlineData("--epsilon much: expected a number", "evaluate", "somewhere", "--epsilon", "much")]
    [InlineData("--episodes 0: expected a whole number from 1 to 1000000", "evaluate", "somewhere", "--episodes", "0")]
    [InlineData("--epsilon 1.5: expected a number from 0 to 1", "evaluate", "somewhere", "--epsilon", "1.5")]
    [InlineData("unknown argument map_nam", "train", "FrozenLake-v1", "--set", "environment.kwargs.map_nam=8x8")]
    [InlineData("expected a URL", "train", "CartPole-v1", "--otlp", "nonsense")]
    [InlineData("expected grpc or http/protobuf", "train", "CartPole-v1", "--otlp", "http://127.0.0.1:1", "--otlp-protocol", "udp")]
    [InlineData("assembly missing.dll: no such file", "train", "CartPole-v1", "--assembly", "missing.dll")]
    [InlineData("expected the folder of a run", "train", "--resume", "missing")]
    [InlineData("set --backend torch", "train", "CartPole-v1", "--device", "cuda")]
    [InlineData("--backend: learner.backend is \"tensorflow\", expected simd, torch", "train", "CartPole-v1", "--backend", "tensorflow")]
    [InlineData("learner.device is 'tpu', expected cpu, cuda, cuda:N or auto", "train", "CartPole-v1", "--device", "tpu")]
    [InlineData("network.convolutions is \"8x8\", expected filters x kernel / stride", "train", "CartPole-v1", "--set", "network.convolutions=8x8")]
    [InlineData("set learner.backend=torch", "train", "CartPole-v1", "--set", "network.convolutions=8x3/1")]
    [InlineData("--out '': is empty, expected DIR", "train", "CartPole-v1", "--out", "")]
    [InlineData("--resume '': is empty, expected DIR", "train", "--resume", "")]
    [InlineData("--run-id '': is empty, expected ID", "submit", "CartPole-v1", "--run-id", "")]
    [InlineData("RUN '': is empty", "status", "")]
    [InlineData("CHECKPOINT ' ': is empty", "evaluate", " ")]
    [InlineData("ENV CartPole-v1 and --set environment.id=Acrobot-v1: give only one of them", "train", "CartPole-v1", "--set", "environment.id=Acrobot-v1")]
    [InlineData("unknown option '--version' (krewe train --help lists them)", "train", "--version")]
    [InlineData("NAME CartPole-v1 and --options: give only one of them", "presets", "CartPole-v1", "--options")]
    [InlineData("--out --seed: expected DIR, not another option", "train", "CartPole-v1", "--out", "--seed")]
    [InlineData("evaluate: which CHECKPOINT? for example: krewe evaluate runs/", "evaluate")]
    [InlineData("inspect: which CHECKPOINT? for example: krewe inspect runs/", "inspect")]
    [InlineData("status: which RUN? for example: krewe status ", "status")]
    [InlineData("verify: which FILE? for example: krewe envs verify ", "envs", "verify")]
    [InlineData("--resume missing: there is no such folder, expected the folder of a run", "train", "--resume", "missing")]
    [InlineData("missing: there is no such file or folder, expected the folder of a checkpoint or of a run", "evaluate", "missing")]
    [InlineData("missing: there is no such file or folder, expected the folder of a checkpoint or of a run", "inspect", "missing")]
    [InlineData("missing: there is no such folder, expected a folder of runs", "runs", "missing")]
    [InlineData("--resume and --out", "train", "--resume", "missing", "--out", "other")]
    [InlineData("which command? (krewe --help lists them)", "--verbose=false")]
    [InlineData("--out is given 2 times (a, b), expected once", "train", "CartPole-v1", "--out", "a", "--out", "b")]
    [InlineData("--preset: expected NAME|FILE after it", "train", "CartPole-v1", "--preset")]
    [InlineData("@missing: cannot be read, expected a file of options: no such file or folder", "train", "CartPole-v1", "@missing")]
    [InlineData("--until-solved maybe: expected true or false (1 or 0, yes or no, on or off)", "train", "CartPole-v1", "--until-solved=maybe")]
    [InlineData("run.until_solved (--until-solved): CliffWalking-v1 has no reward threshold", "train", "CliffWalking-v1", "--until-solved", "--set", "environment.kwargs.reward_threshold=null")]
    [InlineData("run.steps is 1e99, expected a whole number from 1 to 9223372036854775807", "train", "CartPole-v1", "--steps", "1e99")]
    [InlineData("--episodes 99999999999: expected a whole number from 1 to 1000000", "evaluate", "somewhere", "--episodes", "99999999999")]
    [InlineData("--seeds 0: expected a whole number from 1 to 1000", "bench", "solve", "--seeds", "0")]
    [InlineData("--snapshot-seconds soon: expected a number from 0 to 86400", "submit", "CartPole-v1", "--snapshot-seconds", "soon")]
    [InlineData("assembly missing.dll: no such file, expected the path of a .dll", "submit", "CartPole-v1", "--assembly", "missing.dll")]
    public void Invalid_arguments_are_refused_with_exit_code_2(string expected, params string[] args) => Refused(exitCode: 2, expected, args);

    [Theory]
    [InlineData("network.hidden 65536,65536: too large", "network.hidden=65536,65536", "run.seed=0")]
    [InlineData("replay.error_buffer 3", "replay.error_buffer=3", "run.seed=0")]
    [InlineData("replay.min_size 500 is above replay.capacity", "replay.min_size=500", "replay.capacity=400")]
    [InlineData("replay.n_step 5 is above actor.segment_length 4", "replay.n_step=5", "run.seed=0")]
    public void A_run_that_cannot_start_is_refused_and_leaves_no_folder(string expected, string first, string second)
    {
        Refused(
            exitCode: 2, expected, "train", "CartPole-v1", "--set", "actor.segment_length=4", "--set", "replay.n_step=1", "--set", first, "--set", second, "--out", _folder["run"]);
        Assert.False(Directory.Exists(_folder["run"]));
    }

    [Theory]
    [InlineData("evaluate")]
    [InlineData("inspect")]
    public void A_path_without_a_checkpoint_is_refused_with_exit_code_2(string command)
    {
        Refused(exitCode: 2, "no checkpoint in it (no run.json)", command, _folder.Path);
        File.WriteAllText(_folder["notes.txt"], "mine");
        Refused(exitCode: 2, "notes.txt: is not a file of a checkpoint", command, _folder["notes.txt"]);
    }

    [Theory]
    [InlineData("evaluate")]
    [InlineData("inspect")]
    public void Weights_that_are_not_finite_are_refused_despite_a_correct_checksum(string command)
    {
        Checkpoint checkpoint = Checkpoints.Distinct();
        checkpoint.State.Parameters[7] = float.NaN;
        CheckpointFolder.Write(_folder["checkpoint"], checkpoint);
        Refused(exitCode: 1, "tensor 'online.0.weight' holds NaN at index 7", command, _folder["checkpoint"]);
    }

    [Theory]
    [InlineData("network.hidden=8", "the checkpoint's network is 4-64-64-2, but CartPole-v1 with agent.kind dqn and network.hidden 8 needs 4-8-2")]
    [InlineData("replay.shards=2", "replay.shards is 2, but the saved replay")]
    public void A_change_that_a_resumed_run_cannot_follow_is_refused_before_anything_starts(string change, string expected)
    {
        CliRun.Train(_folder["run"], "--set", "run.save_replay=true");
        IReadOnlyDictionary<string, string> before = TemporaryFolder.Snapshot(_folder["run"]);
        Refused(exitCode: 2, expected, "train", "--resume", _folder["run"], "--steps", "16000", "--set", change);
        Assert.Equal(before, TemporaryFolder.Snapshot(_folder["run"]));
    }

    [Fact]
    public void A_folder_that_does_not_exist_is_refused_with_the_nearest_name()
    {
        Directory.CreateDirectory(_folder["CartPole-v1-seed0"]);
        Refused(exitCode: 2, "did you mean CartPole-v1-seed0?", "train", "--resume", _folder["CartPole-v1-sed0"]);
        Refused(exitCode: 2, "did you mean CartPole-v1-seed0?", "evaluate", _folder["CartPole-v1-sed0"]);
    }

    [Fact]
    public void A_finished_run_is_not_resumed_without_more_steps()
    {
        CliRun.Train(_folder["run"]);
        IReadOnlyDictionary<string, string> before = TemporaryFolder.Snapshot(_folder["run"]);
        Refused(exitCode: 2, "nothing is left to do: 80", "train", "--resume", _folder["run"]);
        Assert.Equal(before, TemporaryFolder.Snapshot(_folder["run"]));
    }

    [Fact]
    public void A_backend_that_this_build_lacks_is_refused_with_exit_code_2_and_leaves_no_folder()
    {
        string[] train = ["train", "CartPole-v1", "--backend", "torch", "--out", _folder["runs/run"]];
        Refused(exitCode: 2, "learner.backend torch: libtorch is not part", train);
        Refused(exitCode: 2, "learner.backend torch: libtorch is not part", [.. train, "--host", "grains"]);
        Assert.False(Directory.Exists(_folder["runs"]));
    }

    [Theory]
    [InlineData("my run")]
    [InlineData("-run")]
    public void A_folder_whose_name_is_no_run_id_is_refused_before_it_is_created(string name)
    {
        Refused(
            exitCode: 2, $"with --host grains: the folder's name '{name}': expected 1 to 100 letters", "train", "CartPole-v1", "--host", "grains", "--out", _folder[name]);
        Assert.False(Directory.Exists(_folder[name]));
    }

    [Fact]
    public void The_folder_of_a_running_run_is_refused_to_another()
    {
        using RunFolder running = RunFolder.Create(_folder["run"]);
        CheckpointFolder.Write(running.Last, Checkpoints.Distinct());
        Refused(exitCode: 2, "in use by a run of process ", "train", "--resume", _folder["run"]);
        Refused(exitCode: 2, "in use by a run of process ", "train", "CartPole-v1", "--out", _folder["run"]);
        Refused(exitCode: 2, "in use by a run of process ", "train", "CartPole-v1", "--out", _folder["run"], "--overwrite");
    }

    [Theory]
    [InlineData("evaluate")]
    [InlineData("inspect")]
    public void A_damaged_checkpoint_is_refused_with_exit_code_1_and_nothing_is_overwritten(string command)
    {
        CliRun.Train(_folder["run"]);
        foreach (string weights in Directory.GetFiles(_folder["run"], "weights.safetensors", SearchOption.AllDirectories))
        {
            File.AppendAllText(weights, "!");
        }

        IReadOnlyDictionary<string, string> before = TemporaryFolder.Snapshot(_folder["run"]);
        Refused(exitCode: 1, $"{Path.Combine(_folder["run"], "best", "weights.safetensors")}: damaged", command, _folder["run"]);
        Assert.Equal(before, TemporaryFolder.Snapshot(_folder["run"]));
    }

    [Fact]
    public void Resuming_from_a_damaged_checkpoint_without_a_previous_one_is_refused_and_nothing_is_overwritten()
    {
        CliRun.Train(_folder["run"]);
        Assert.False(Directory.Exists(Path.Combine(_folder["run"], "last.previous")));
        File.AppendAllText(Path.Combine(_folder["run"], "last", "weights.safetensors"), "!");
        IReadOnlyDictionary<string, string> before = TemporaryFolder.Snapshot(_folder["run"]);
        Refused(exitCode: 1, "weights.safetensors: damaged", "train", "--resume", _folder["run"], "--steps", "16000");
        Assert.Equal(before, TemporaryFolder.Snapshot(_folder["run"]));
    }

    [Fact]
    public void A_foreign_recording_is_refused_with_exit_code_1()
    {
        File.WriteAllText(_folder["foreign.jsonl"], "{ \"hello\": 1 }\n");
        Refused(exitCode: 1, "foreign.jsonl", "envs", "verify", _folder["foreign.jsonl"]);
    }

    [Fact]
    public void A_recording_that_is_missing_is_refused_before_another_is_replayed() =>
        Refused(exitCode: 2, "missing.jsonl: there is no such file", "envs", "verify", Golden.File("CliffWalking-v1-optimal.jsonl"), _folder["missing.jsonl"]);

    [Fact]
    public void A_recording_that_differs_is_refused_with_exit_code_1_and_its_position()
    {
        string[] lines = File.ReadAllLines(Golden.File("FrozenLake-v1-4x4-notslippery.jsonl"));
        File.WriteAllLines(_folder["wrong.jsonl"], lines.Select(line => line.Replace("\"reward\": 0", "\"reward\": 3", StringComparison.Ordinal).Replace("\"reward\":0", "\"reward\":3", StringComparison.Ordinal)));
        Assert.NotEqual(lines, File.ReadAllLines(_folder["wrong.jsonl"]));
        string error = Refused(exitCode: 1, "wrong.jsonl", "envs", "verify", _folder["wrong.jsonl"]);
        Assert.Contains("expected", error, StringComparison.Ordinal);
    }

    private static string Refused(int exitCode, string expected, params string[] args)
    {
        CliRun run = CliRun.Of(args);
        Assert.Contains(expected, run.Error, StringComparison.Ordinal);
        Assert.Equal(exitCode, run.ExitCode);
        Assert.Single(run.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.DoesNotContain("   at ", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("System.", run.Error, StringComparison.Ordinal);
        Assert.Empty(run.Output);
        return run.Error;
    }
}
