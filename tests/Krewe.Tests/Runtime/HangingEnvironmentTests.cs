using System.Collections.Concurrent;
using Krewe.Contracts;
using Krewe.Environments;
using Krewe.Runtime;

namespace Krewe.Tests;

/// <summary>An environment that hangs delays the end of a run by the stop timeout at most.</summary>
public sealed class HangingEnvironmentTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly ManualResetEventSlim _hangs = new();
    private readonly ManualResetEventSlim _go = new();
    private readonly CancellationTokenSource _cancellation = new();
    private readonly ConcurrentBag<Thread> _hanging = [];

    public void Dispose()
    {
        _go.Set();
        _folder.Dispose();
        _cancellation.Dispose();
    }

    [Theory]
    [InlineData(true, 1)]
    [InlineData(false, 1)]
    [InlineData(false, 3)]
    public async Task A_hanging_step_is_abandoned_and_the_last_checkpoint_is_written(bool deterministic, int actors)
    {
        TrainingOptions options = Sessions.Small("Hanging-v0", steps: 1_000_000_000, deterministic: deterministic);
        options.Actor.Count = actors;

        // The step is the last of its rollout (8 environments, 8 steps), after which a checkpoint would be due.
        options.Run.CheckpointInterval = 64;
        options.Evaluation.Interval = 1_000_000;
        EnvironmentRegistry registry = Sessions.With("Hanging-v0", step => Step(step == 32 * 64));
        RunFolder folder = RunFolder.Create(_folder["run"]);
        using var session = new TrainingSession(options, registry, folder) { StopTimeout = TimeSpan.FromMilliseconds(200) };
        List<string> warnings = [];
        session.Warned += warnings.Add;
        Task<TrainingResult> run = Sessions.Start(session, _cancellation.Token);
        Assert.True(_hangs.Wait(Sessions.TestTimeout));
        await _cancellation.CancelAsync();
        Assert.Matches("^actor [0-2], whose environments \\(Hanging-v0\\) have not returned for [0-9]+ s$", session.WaitsFor ?? "");
        TrainingResult result = await run;
        Assert.True(result.Interrupted);
        Assert.Contains("Hanging-v0", Assert.Single(warnings), StringComparison.Ordinal);
        Assert.Equal(result.EnvironmentSteps, CheckpointFolder.Read(folder.Last).EnvironmentSteps);
        Assert.InRange(result.EnvironmentSteps, 64, 1_000_000);

        // The step returns after the end of the run: the process survives and the folder is unchanged.
        session.Dispose();
        IReadOnlyDictionary<string, string> before = TemporaryFolder.Snapshot(folder.Path);
        LetReturn();
        Assert.Equal(before, TemporaryFolder.Snapshot(folder.Path));
    }

    [Fact]
    public async Task A_hanging_evaluation_is_abandoned_too()
    {
        TrainingOptions options = Sessions.Small("Hanging-v0", steps: 100_000, deterministic: false);
        EnvironmentRegistry registry = Sessions.With("Hanging-v0", _ => Step(Thread.CurrentThread.Name == "krewe-evaluation"));
        RunFolder folder = RunFolder.Create(_folder["run"]);
        using var session = new TrainingSession(options, registry, folder) { StopTimeout = TimeSpan.FromMilliseconds(200) };
        Task<TrainingResult> run = Sessions.Start(session, _cancellation.Token);
        Assert.True(_hangs.Wait(Sessions.TestTimeout));
        await _cancellation.CancelAsync();
        Assert.True((await run).Interrupted);
        Assert.True(Directory.Exists(folder.Last));
        Assert.False(File.Exists(folder.Evaluations));
    }

    [Theory]
    [InlineData("krewe-last-evaluation", true)]
    [InlineData("krewe-last-evaluation", false)]
    [InlineData("krewe-final-evaluation", true)]
    [InlineData("krewe-final-evaluation", false)]
    public async Task An_evaluation_at_the_end_that_does_not_return_is_abandoned_after_an_interrupt(string thread, bool deterministic)
    {
        TrainingOptions options = Sessions.Small("Hanging-v0", deterministic: deterministic);
        EnvironmentRegistry registry = Sessions.With("Hanging-v0", _ => Step(Thread.CurrentThread.Name == thread));
        RunFolder folder = RunFolder.Create(_folder["run"]);
        using var session = new TrainingSession(options, registry, folder) { StopTimeout = TimeSpan.FromMilliseconds(200) };
        List<string> warnings = [];
        session.Warned += warnings.Add;
        Task<TrainingResult> run = Sessions.Start(session, _cancellation.Token);
        Assert.True(_hangs.Wait(Sessions.TestTimeout));
        await _cancellation.CancelAsync();
        Assert.Matches("^an evaluation, whose environments \\(Hanging-v0\\) have not returned for [0-9]+ s$", session.WaitsFor ?? "");
        TrainingResult result = await run;
        Assert.Equal((true, null, 4_000), (result.Interrupted, result.Final, result.EnvironmentSteps));
        Assert.StartsWith("abandoned after 0.2 s: an evaluation", Assert.Single(warnings), StringComparison.Ordinal);
        Assert.Equal(4_000, CheckpointFolder.Read(folder.Last).EnvironmentSteps);

        session.Dispose();
        IReadOnlyDictionary<string, string> before = TemporaryFolder.Snapshot(folder.Path);
        LetReturn();
        Assert.Equal(before, TemporaryFolder.Snapshot(folder.Path));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_rollout_of_slow_steps_is_not_completed_when_the_run_is_cancelled(bool deterministic)
    {
        // Steps that take longer than an actor's quantum: a segment of 1,000 of them would not end within the test.
        TrainingOptions options = Sessions.Small("Slow-v0", deterministic: deterministic);
        options.Actor.Environments = 1;
        options.Actor.SegmentLength = 1_000;
        EnvironmentRegistry registry = Sessions.With("Slow-v0", step =>
        {
            if (step == 3)
            {
                _cancellation.Cancel();
            }

            _go.Wait(TimeSpan.FromMilliseconds(60));
            return new StepResult(step, false, false);
        });
        using var session = new TrainingSession(options, registry);
        TrainingResult result = await Sessions.Start(session, _cancellation.Token);
        Assert.Equal((true, 0), (result.Interrupted, result.EnvironmentSteps));
    }

    /// <summary>Lets the hanging steps return and waits until their threads have ended.</summary>
    private void LetReturn()
    {
        _go.Set();
        Assert.All(_hanging, thread => Assert.True(thread.Join(Sessions.TestTimeout)));
    }

    private StepResult Step(bool hang)
    {
        if (hang)
        {
            _hanging.Add(Thread.CurrentThread);
            _hangs.Set();
            _go.Wait();
        }

        return new StepResult(1, false, false);
    }
}
