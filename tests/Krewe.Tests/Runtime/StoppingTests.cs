using Krewe.Contracts;
using Krewe.Runtime;

namespace Krewe.Tests;

public sealed class StoppingTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_cancelled_run_ends_with_its_last_checkpoint(bool deterministic)
    {
        RunFolder folder = RunFolder.Create(_folder["run"]);
        using var cancellation = new CancellationTokenSource();
        using var session = new TrainingSession(Sessions.Small("CartPole-v1", steps: 1_000_000_000, deterministic: deterministic), folder: folder);
        session.Evaluated += _ => cancellation.Cancel();
        TrainingResult result = await Sessions.Start(session, cancellation.Token);
        Assert.True(result.Interrupted);
        Assert.Null(result.Final);
        Assert.InRange(result.EnvironmentSteps, 1_000, 999_999_999);
        Checkpoint last = CheckpointFolder.Read(folder.Last);
        Assert.Equal((result.EnvironmentSteps, result.Updates), (last.EnvironmentSteps, last.Updates));
        Assert.Equal(folder.Best, result.Checkpoint);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_run_cancelled_before_its_first_step_still_leaves_a_checkpoint(bool deterministic)
    {
        RunFolder folder = RunFolder.Create(_folder["run"]);
        using var session = new TrainingSession(Sessions.Small("CartPole-v1", deterministic: deterministic), folder: folder);
        TrainingResult result = await Sessions.Start(session, new CancellationToken(canceled: true));
        Assert.True(result.Interrupted);
        Assert.Equal(0, CheckpointFolder.Read(folder.Last).EnvironmentSteps);
        Assert.Equal(folder.Last, result.Checkpoint);
    }

    [Fact]
    public async Task A_run_cancelled_in_its_final_evaluation_still_ends_with_its_result()
    {
        using RunFolder folder = RunFolder.Create(_folder["run"]);
        using var cancellation = new CancellationTokenSource();
        TrainingOptions options = Sessions.Small("Slow-v0", steps: 2_000);
        options.Evaluation.FinalEpisodes = 100_000;
        bool trained = false;
        using var session = new TrainingSession(
            options,
            Sessions.With("Slow-v0", _ =>
            {
                // The final evaluation begins only when the last checkpoint has been written.
                if (Volatile.Read(ref trained) && Directory.Exists(folder.Last))
                {
                    cancellation.Cancel();
                }

                return new StepResult(1, false, false);
            }),
            folder);
        session.Evaluated += report => Volatile.Write(ref trained, report.EnvironmentSteps >= 2_000);
        TrainingResult result = await Sessions.Start(session, cancellation.Token);
        Assert.True(result.Interrupted);
        Assert.Null(result.Final);
        Assert.Equal(2_000, result.EnvironmentSteps);
        Assert.Equal(folder.Best, result.Checkpoint);
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(false, false)]
    public async Task Only_a_run_with_until_solved_ends_at_the_first_evaluation_that_reaches_the_threshold(bool untilSolved, bool deterministic)
    {
        // Every episode has 10 steps of reward 1: the first evaluation solves it.
        TrainingOptions options = Sessions.Small("Easy-v0", steps: 20_000, deterministic: deterministic);
        options.Run.UntilSolved = untilSolved;
        using var session = new TrainingSession(options, Sessions.With("Easy-v0", _ => new StepResult(1, false, false), threshold: 10));
        TrainingResult result = await Sessions.Start(session);
        Assert.False(result.Interrupted);
        Assert.NotNull(result.SolvedAtSeconds);
        Assert.InRange(result.SolvedAtStep!.Value, 1_000, 20_000);
        Assert.Equal(10, result.Final!.Value.Mean);
        if (untilSolved && deterministic)
        {
            Assert.InRange(result.EnvironmentSteps, 1_000, 1_100);
        }
        else if (!untilSolved)
        {
            Assert.Equal(20_000, result.EnvironmentSteps);
        }
    }

    [Fact]
    public async Task An_evaluation_cuts_endless_episodes_and_starts_the_next_ones_afresh()
    {
        // No time limit and no end, reward 1 per step, 300 episodes on at most 128 environments: each is cut at 25 steps.
        TrainingOptions options = Sessions.Small("Endless-v0", steps: 1_000);
        options.Evaluation.MaxEpisodeSteps = 25;
        options.Evaluation.FinalEpisodes = 300;
        using var session = new TrainingSession(
            options, Sessions.With("Endless-v0", _ => new StepResult(1, false, false), maxEpisodeSteps: null));
        TrainingResult result = await Sessions.Start(session);
        Assert.Equal((25, 25, 25, 300), (result.Final!.Value.Mean, result.Final.Value.Minimum, result.Final.Value.Maximum, result.Final.Value.Episodes));
    }

    [Fact]
    public async Task The_rest_of_an_episode_that_was_cut_does_not_count_as_another()
    {
        // 40 steps to the end: cut at 25, an evaluator that only stopped counting would report an episode of 15 next.
        TrainingOptions options = Sessions.Small("Long-v0", steps: 1_000);
        options.Evaluation.MaxEpisodeSteps = 25;
        options.Evaluation.FinalEpisodes = 300;
        using var session = new TrainingSession(
            options, Sessions.With("Long-v0", _ => new StepResult(1, false, false), maxEpisodeSteps: 40));
        TrainingResult result = await Sessions.Start(session);
        Assert.Equal((25, 25), (result.Final!.Value.Minimum, result.Final.Value.Maximum));
    }
}
