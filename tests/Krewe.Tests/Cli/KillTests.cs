using System.Diagnostics;
using Krewe.Contracts;
using Krewe.Environments;
using Krewe.Runtime;

namespace Krewe.Tests;

/// <summary>Deterministic runs that are killed with SIGKILL at random moments, and resumed, again and again.</summary>
[Collection(nameof(Alone))]
public sealed class KillTests : IDisposable
{
    private const int Kills = 50;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("CartPole-v1")]
    [InlineData("FrozenLake-v1")]
    [InlineData("TestsTown-v0")]
    public async Task A_run_that_is_killed_50_times_ends_with_the_checkpoint_of_one_that_was_not(string environment)
    {
        string[] options =
        [
            "--assembly", typeof(KillTests).Assembly.Location, "--deterministic", "--steps", "12000", "--actors", "2", "--set", "actor.environments=4",
            "--set", "network.hidden=16", "--set", "replay.capacity=4000", "--set", "replay.min_size=500", "--set", "run.checkpoint_interval=300",
            "--set", "evaluation.interval=900", "--set", "evaluation.episodes=5", "--set", "evaluation.final_episodes=5", "--set", "run.until_solved=false",
        ];
        string whole = _folder["whole"];
        var clock = Stopwatch.StartNew();
        await EndAsync(Start(["train", environment, .. options, "--out", whole]));
        TimeSpan uninterrupted = clock.Elapsed;

        var random = new Random(1);
        int killed = 0;
        for (int attempt = 0; killed < Kills; attempt++)
        {
            string run = _folder[$"run{attempt}"];
            double best = double.NegativeInfinity;
            bool hasEnded = false;
            while (!hasEnded)
            {
                string[] command = CheckpointFolder.Exists(Path.Combine(run, "last"))
                    ? ["train", "--resume", run, "--assembly", typeof(KillTests).Assembly.Location]
                    : ["train", environment, .. options, "--out", run, "--overwrite"];
                using Process training = Start(command);

                // Half the moments are in the start of the process. A run that was killed often enough is left to end.
                using var moment = new CancellationTokenSource(killed < Kills ? random.NextDouble() * 1.2 * uninterrupted : Timeout.InfiniteTimeSpan);
                try
                {
                    await training.WaitForExitAsync(moment.Token).WaitAsync(Sessions.TestTimeout, CancellationToken.None);
                    Assert.True(training.ExitCode == 0, $"krewe {string.Join(' ', command)}: exit {training.ExitCode}: {await training.StandardError.ReadToEndAsync(CancellationToken.None)}");
                    hasEnded = true;
                }
                catch (OperationCanceledException)
                {
                    training.Kill();
                    await training.WaitForExitAsync(CancellationToken.None);
                    killed++;

                    // Killed in the final evaluation, behind its last checkpoint.
                    hasEnded = CheckpointFolder.Exists(Path.Combine(run, "last")) && CheckpointFolder.ReadOrPrevious(Path.Combine(run, "last"), warn: null).Checkpoint.IsComplete == true;
                }

                double now = CheckpointFolder.TryRead(Path.Combine(run, "best"), warning => Assert.Fail(warning))?.EvaluationMean ?? best;
                Assert.InRange(now, best, double.MaxValue);
                best = now;
            }

            Assert.Equal(Content(whole), Content(run));
        }
    }

    /// <summary>Every file of both checkpoints.</summary>
    private static Dictionary<string, string> Content(string run) => new[] { "last", "best" }
        .SelectMany(name => Directory.GetFiles(Path.Combine(run, name)))
        .ToDictionary(file => Path.GetRelativePath(run, file), file => Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(file))));

    private static async Task EndAsync(Process training)
    {
        using (training)
        {
            await training.WaitForExitAsync().WaitAsync(Sessions.TestTimeout);
            Assert.True(training.ExitCode == 0, $"exit {training.ExitCode}: {await training.StandardError.ReadToEndAsync()}");
        }
    }

    private static Process Start(string[] args)
    {
        string host = Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) == "dotnet" ? path : "dotnet";
        var start = new ProcessStartInfo(host) { RedirectStandardError = true, RedirectStandardOutput = true };
        foreach (string arg in args.Prepend(typeof(Krewe.Cli.CommandLineApp).Assembly.Location))
        {
            start.ArgumentList.Add(arg);
        }

        Process process = Process.Start(start)!;
        process.OutputDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        return process;
    }

    /// <summary>A user's environment, with a generator of the base class and no way to save its state.</summary>
    [Environment("TestsTown-v0", MaxEpisodeSteps = 30)]
    public sealed class Town() : Environment<int>(new DiscreteSpace(9), new DiscreteSpace(4))
    {
        private int _place;

        /// <inheritdoc/>
        public override StepResult Step(int action, Span<int> observation)
        {
            (int row, int column) = (_place / 3, _place % 3);
            int slipped = Random.NextDouble() < 0.2 ? (action + 1) % 4 : action;
            (row, column) = slipped switch
            {
                0 => (Math.Max(0, row - 1), column),
                1 => (Math.Min(2, row + 1), column),
                2 => (row, Math.Max(0, column - 1)),
                _ => (row, Math.Min(2, column + 1)),
            };
            observation[0] = _place = (3 * row) + column;
            return _place == 8 ? Terminate(1) : Continue(-0.01);
        }

        /// <inheritdoc/>
        protected override void Reset(Span<int> observation) => observation[0] = _place = Random.NextInt(8);
    }
}
