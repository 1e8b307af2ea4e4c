using System.Diagnostics;
using System.Globalization;
using Krewe.Cli;
using Krewe.Runtime;

namespace Krewe.Tests;

[Collection(nameof(Alone))]
public sealed class InterruptTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [UnixFact]
    public Task Ctrl_c_ends_a_run_with_a_checkpoint_that_evaluate_and_resume_accept() => Stops("-INT");

    [UnixFact]
    public Task SIGTERM_ends_a_run_in_the_same_way() => Stops("-TERM");

    [UnixFact]
    public async Task The_first_ctrl_c_reports_a_hanging_step_and_the_second_ends_the_process()
    {
        using Process training = Start(
            "train", "TestsHangs-v0", "--assembly", typeof(InterruptTests).Assembly.Location, "--steps", "1000000000", "--out", _folder["run"]);
        try
        {
            await ReadLineAsync(training);
            Assert.Equal("hangs", await ReadLineAsync(training));

            await Signal(training, "-INT");
            Assert.Matches("^stopping: waiting for actor 0, whose environments \\(TestsHangs-v0\\) have not returned for [0-9]+ s", await ReadLineAsync(training));
            await Signal(training, "-INT");
            await training.WaitForExitAsync().WaitAsync(Sessions.TestTimeout);
            Assert.Equal(CommandLineHost.Interrupted, training.ExitCode);
        }
        finally
        {
            if (!training.HasExited)
            {
                training.Kill();
            }
        }
    }

    [UnixFact]
    public async Task An_interrupt_during_the_final_evaluation_names_the_command_that_evaluates()
    {
        using Process training = Start(
            "train", "CartPole-v1", "--steps", "8000", "--out", _folder["run"], "--set", "evaluation.final_episodes=100000", "--set", "evaluation.episodes=100000");
        try
        {
            await ReadLineAsync(training);
            await Signal(training, "-INT");
            string error = await training.StandardError.ReadToEndAsync().WaitAsync(Sessions.TestTimeout);
            await training.WaitForExitAsync().WaitAsync(Sessions.TestTimeout);
            Assert.Equal(CommandLineHost.Interrupted, training.ExitCode);
            Assert.Contains(
                CheckpointFolder.ReadSummary(Path.Combine(_folder["run"], "last")).EnvironmentSteps < 8_000
                    ? $"to resume: krewe train --resume {_folder["run"]}"
                    : $"to evaluate: krewe evaluate {_folder["run"]}",
                error,
                StringComparison.Ordinal);
        }
        finally
        {
            if (!training.HasExited)
            {
                training.Kill();
            }
        }
    }

    private static async Task Signal(Process process, string signal)
    {
        using Process kill = Process.Start("kill", [signal, process.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync().WaitAsync(Sessions.TestTimeout);
    }

    private async Task Stops(string signal)
    {
        string run = _folder["run"];
        using Process training = Start("train", "CartPole-v1", "--steps", "1000000000", "--out", run, "--set", "learner.learning_rate=1e-3");
        try
        {
            // The first line describes the run, the second is the first evaluation.
            await ReadLineAsync(training);
            Assert.Contains("evaluation", await ReadLineAsync(training), StringComparison.Ordinal);
            await Signal(training, signal);
            string rest = await training.StandardOutput.ReadToEndAsync().WaitAsync(Sessions.TestTimeout);
            await training.WaitForExitAsync().WaitAsync(Sessions.TestTimeout);
            Assert.Equal(CommandLineHost.Interrupted, training.ExitCode);
            Assert.Contains("interrupted", rest, StringComparison.Ordinal);
            Assert.Contains($"to resume: krewe train --resume {run}", await training.StandardError.ReadToEndAsync(), StringComparison.Ordinal);
            Assert.False(File.Exists(Path.Combine(run, "run.pid")), "the folder's lock was not released");
        }
        finally
        {
            if (!training.HasExited)
            {
                training.Kill();
            }
        }

        Checkpoint last = CheckpointFolder.Read(Path.Combine(run, "last"));
        Assert.InRange(last.EnvironmentSteps, 1, 999_999_999);
        CliRun.Ok("evaluate", Path.Combine(run, "last"), "--episodes", "5");
        string steps = (last.EnvironmentSteps + 4_000).ToString(CultureInfo.InvariantCulture);
        Assert.InRange(
            CliRun.Ok("train", "--resume", run, "--steps", steps, "--json").Json.GetProperty("env_steps").GetInt64(),
            last.EnvironmentSteps + 4_000,
            last.EnvironmentSteps + 4_031);
    }

    private static Process Start(params string[] args)
    {
        string host = Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) == "dotnet" ? path : "dotnet";

        // A script that runs the tests in the background ignores SIGINT; child processes inherit that, and .NET does not reset it.
        var start = new ProcessStartInfo(OperatingSystem.IsLinux() ? "env" : host) { RedirectStandardOutput = true, RedirectStandardError = true };
        if (OperatingSystem.IsLinux())
        {
            start.ArgumentList.Add("--default-signal=INT");
            start.ArgumentList.Add(host);
        }

        foreach (string arg in args.Prepend(typeof(CommandLineApp).Assembly.Location))
        {
            start.ArgumentList.Add(arg);
        }

        return Process.Start(start)!;
    }

    private static async Task<string> ReadLineAsync(Process process) =>
        await process.StandardOutput.ReadLineAsync().WaitAsync(Sessions.TestTimeout) ?? throw new EndOfStreamException("the training ended unexpectedly");
}
