using System.Globalization;
using Krewe.Contracts;
using Krewe.Runtime;

namespace Krewe.Tests;

public sealed class RunFolderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private static void Unwarned(string message) => Assert.Fail(message);

    [Fact]
    public void Runs_of_the_same_name_get_separate_folders()
    {
        using RunFolder first = RunFolder.CreateNamed(_folder.Path, "run");
        using RunFolder second = RunFolder.CreateNamed(_folder.Path, "run");
        using RunFolder third = RunFolder.CreateNamed(_folder.Path, "run");
        Assert.Equal([_folder["run"], _folder["run-2"], _folder["run-3"]], [first.Path, second.Path, third.Path]);
    }

    [Fact]
    public void The_name_of_an_earlier_run_is_not_reused()
    {
        using (RunFolder first = RunFolder.CreateNamed(_folder.Path, "run"))
        {
            first.WriteOptions(new TrainingOptions());
        }

        using RunFolder second = RunFolder.CreateNamed(_folder.Path, "run");
        Assert.Equal(_folder["run-2"], second.Path);
        Assert.True(File.Exists(Path.Combine(_folder["run"], "options.json")));
    }

    [Fact]
    public async Task Only_one_of_many_runs_that_start_at_once_gets_the_folder()
    {
        using var start = new Barrier(8);
        RunFolder?[] folders = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Factory.StartNew(
            () =>
            {
                start.SignalAndWait();
                try
                {
                    return RunFolder.Create(_folder["run"]);
                }
                catch (InvalidOptionException)
                {
                    return null;
                }
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default)));
        Assert.Single(folders.OfType<RunFolder>()).Dispose();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_folder_of_a_running_run_is_refused_naming_its_process(bool overwrite)
    {
        using (RunFolder running = RunFolder.Create(_folder["run"]))
        {
            running.WriteOptions(new TrainingOptions());
            CheckpointFolder.Write(running.Last, Checkpoints.Distinct());
            var refused = Assert.Throws<InvalidOptionException>(() => RunFolder.Create(_folder["run"], overwrite));
            Assert.Contains(string.Create(CultureInfo.InvariantCulture, $"in use by a run of process {Environment.ProcessId} on "), refused.Message, StringComparison.Ordinal);
            Assert.StartsWith("--resume", Assert.Throws<InvalidOptionException>(() => RunFolder.Open(_folder["run"])).Message, StringComparison.Ordinal);
            Assert.True(Directory.Exists(running.Last), "the running run has lost its checkpoint");
        }

        using RunFolder resumed = RunFolder.Open(_folder["run"]);
        Assert.Equal(_folder["run"], resumed.Path);
    }

    [Fact]
    public void The_lock_file_of_a_killed_process_is_ignored()
    {
        Directory.CreateDirectory(_folder["run"]);
        File.WriteAllText(Path.Combine(_folder["run"], "run.lock"), "");
        File.WriteAllText(Path.Combine(_folder["run"], "run.pid"), "1 on somewhere");
        RunFolder.Create(_folder["run"]).Dispose();
        Assert.False(Directory.Exists(_folder["run"]), "an unused folder was left behind");
    }

    [Fact]
    public void An_unused_folder_is_removed_with_the_parents_that_were_created_for_it()
    {
        Directory.CreateDirectory(_folder["old"]);
        RunFolder.CreateNamed(Path.Combine(_folder["old"], "new", "runs"), "run").Dispose();
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder["old"]));

        using RunFolder first = RunFolder.Create(Path.Combine(_folder["runs"], "first"));
        RunFolder.Create(Path.Combine(_folder["runs"], "second")).Dispose();
        Assert.True(Directory.Exists(first.Path), "the folder of another run is gone");
    }

    [Theory]
    [InlineData("")]
    [InlineData("  ")]
    public void An_empty_path_is_refused(string path)
    {
        Assert.Contains("is empty", Assert.Throws<InvalidOptionException>(() => RunFolder.Create(path)).Message, StringComparison.Ordinal);
        Assert.Contains("is empty", Assert.Throws<InvalidOptionException>(() => RunFolder.Open(path)).Message, StringComparison.Ordinal);
        Assert.Contains("is empty", Assert.Throws<InvalidOptionException>(() => RunFolder.ReadCheckpoint(path, Unwarned)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_that_cannot_be_written_is_refused_before_anything_starts()
    {
        CheckpointFolder.Write(Path.Combine(_folder["run"], "last"), Checkpoints.Distinct());
        Directory.CreateDirectory(Path.Combine(_folder["run"], "run.lock"));
        Assert.StartsWith(
            $"--resume {_folder["run"]}: cannot be used: ", Assert.Throws<InvalidOptionException>(() => RunFolder.Open(_folder["run"])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_that_begins_again_no_longer_counts_as_failed_and_one_that_never_began_does_not()
    {
        using RunFolder folder = RunFolder.Create(_folder["run"]);
        folder.WriteFailure("no port was free");
        Assert.False(File.Exists(folder.FailureFile));
        folder.WriteOptions(new TrainingOptions());
        folder.WriteFailure("lost");
        folder.WriteFailure("the first reason counts");
        Assert.Equal("lost", File.ReadAllText(folder.FailureFile).Trim());
        folder.WriteOptions(new TrainingOptions());
        Assert.False(File.Exists(folder.FailureFile));
    }

    [Fact]
    public void A_run_without_a_checkpoint_shows_its_options_and_one_with_a_damaged_checkpoint_the_one_before_it()
    {
        using (RunFolder folder = RunFolder.Create(_folder["new"]))
        {
            var options = new TrainingOptions { Environment = { Id = "CartPole-v1" }, Run = { Seed = 7, Steps = 900 } };
            folder.WriteOptions(options);
        }

        CheckpointFolder.Write(_folder["old/last"], Checkpoints.Distinct(400));
        CheckpointFolder.Write(_folder["old/last"], Checkpoints.Distinct(500));
        File.WriteAllText(_folder["old/last/run.json"], "{");
        Dictionary<string, RunSummary> runs = RunSummary.List(_folder.Path).ToDictionary(run => run.Name);
        Assert.Equal((RunFolderState.Empty, "CartPole-v1", 7L, 900L), (runs["new"].State, runs["new"].EnvironmentId, runs["new"].Seed, runs["new"].StepBudget));
        Assert.Equal(400, runs["old"].EnvironmentSteps);
        Assert.Contains("is a file", Assert.Throws<InvalidOptionException>(() => RunSummary.List(_folder["old/last/run.json"])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_failure_to_write_the_options_names_the_file()
    {
        using RunFolder folder = RunFolder.Create(_folder["run"]);
        Directory.CreateDirectory(folder.OptionsFile);
        var e = Assert.Throws<KreweException>(() => folder.WriteOptions(new TrainingOptions()));
        Assert.StartsWith($"{folder.OptionsFile} could not be written: ", e.Message, StringComparison.Ordinal);
        Assert.Equal(1, e.ExitCode);
    }

    [Fact]
    public void A_path_is_resolved_to_a_checkpoint_to_that_of_a_file_or_to_the_best_of_a_run()
    {
        string last = Path.Combine(_folder["run"], "last");
        string best = Path.Combine(_folder["run"], "best");
        CheckpointFolder.Write(last, Checkpoints.Distinct());
        Assert.Equal(last, RunFolder.ReadCheckpoint(_folder["run"], Unwarned).Path);
        CheckpointFolder.Write(best, Checkpoints.Distinct());
        Assert.Equal(best, RunFolder.ReadCheckpoint(_folder["run"], Unwarned).Path);
        Assert.Equal(last, RunFolder.ReadCheckpoint(Path.Combine(last, CheckpointFolder.WeightsFile), Unwarned).Path);
        Directory.Move(best, best + ".previous");
        List<string> warnings = [];
        Assert.Equal(best + ".previous", RunFolder.ReadCheckpoint(_folder["run"], warnings.Add).Path);
        Assert.Equal(
            $"{Path.Combine(best, CheckpointFolder.ManifestFile)}: cannot be read, expected the run.json of a checkpoint: no such file or folder; {best}.previous is used instead",
            Assert.Single(warnings));
        Assert.Equal(best + ".previous", RunFolder.ReadCheckpoint(_folder["run"], warn: null).Path);
    }

    [Fact]
    public void A_listing_distinguishes_running_completed_stopped_failed_killed_and_damaged_runs()
    {
        Write("stopped", steps: 400);
        Write("completed", steps: 1_000);
        Write("killed", steps: 400);
        LeaveBehind("killed");
        LeaveBehind("completed");
        Write("failed", steps: 400);
        using (RunFolder failed = RunFolder.Open(_folder["failed"]))
        {
            failed.WriteOptions(new TrainingOptions());
            failed.WriteFailure("the motor\nis on fire");
        }

        Write("damaged", steps: 400);
        File.WriteAllText(Path.Combine(_folder["damaged"], "last", CheckpointFolder.ManifestFile), "{");
        Directory.CreateDirectory(_folder["no run"]);
        using RunFolder running = RunFolder.Create(_folder["running"]);
        running.WriteOptions(new TrainingOptions());
        Dictionary<string, RunSummary> runs = RunSummary.List(_folder.Path).ToDictionary(run => run.Name);
        Assert.Equal(
            ["completed", "damaged", "failed", "killed", "running", "stopped"],
            runs.OrderBy(run => run.Key, StringComparer.Ordinal).Select(run => run.Value.State.ToString().ToLowerInvariant()));
        Assert.All(runs, run => Assert.Equal(run.Key, run.Value.State.ToString().ToLowerInvariant()));
        Assert.Equal("the motor is on fire", runs["failed"].Failure);
        RunSummary stopped = runs["stopped"];
        Assert.Equal(("FrozenLake-v1", 400, 1_000, 2.0 / 3), (stopped.EnvironmentId, stopped.EnvironmentSteps, stopped.StepBudget, stopped.BestMean));

        // As after SIGKILL: the operating system has released the lock, and run.pid still names the process.
        void LeaveBehind(string name)
        {
            File.WriteAllText(Path.Combine(_folder[name], "run.lock"), "");
            File.WriteAllText(Path.Combine(_folder[name], "run.pid"), "1 on somewhere");
        }

        void Write(string name, long steps)
        {
            Checkpoint checkpoint = Checkpoints.Distinct(steps);
            checkpoint.Options.Run.Steps = 1_000;
            CheckpointFolder.Write(Path.Combine(_folder[name], "last"), checkpoint);
        }
    }
}
