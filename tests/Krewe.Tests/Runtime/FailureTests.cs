using Krewe.Contracts;
using Krewe.Environments;
using Krewe.Runtime;

namespace Krewe.Tests;

/// <summary>Any failure ends the run, is reported, and leaves the last checkpoint.</summary>
public sealed class FailureTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_NaN_observation_ends_the_run_naming_environment_step_and_field(bool deterministic)
    {
        EnvironmentRegistry registry = Sessions.With("Broken-v0", step => new StepResult(step == 3_000 ? double.NaN : 1, false, false));
        var e = await Fails<EnvironmentFaultException>(Sessions.Small("Broken-v0", deterministic: deterministic, steps: 1_000_000_000), registry);
        Assert.Matches("^Broken-v0, instance [0-7], step [0-9]+ of episode [0-9]+: observation\\[1\\] is NaN", e.Message);
        Assert.Equal(1, e.ExitCode);
        Checkpoint last = CheckpointFolder.Read(_folder["run/last"]);
        Assert.InRange(last.EnvironmentSteps, 200, 3_000);
        Assert.InRange(last.Updates, 1, long.MaxValue);
    }

    [Theory]
    [InlineData(double.PositiveInfinity)]
    [InlineData(double.NegativeInfinity)]
    public async Task A_reward_that_is_not_finite_ends_the_run(double reward)
    {
        EnvironmentRegistry registry = Sessions.With("Broken-v0", step => new StepResult(step == 100 ? reward : 1, false, false));
        var e = await Fails<EnvironmentFaultException>(Sessions.Small("Broken-v0", deterministic: false), registry);
        Assert.Contains("reward is", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_environment_that_throws_ends_the_run_with_its_reason()
    {
        EnvironmentRegistry registry = Sessions.With("Broken-v0", step => step == 100 ? throw new TimeZoneNotFoundException("lost") : new StepResult(1, false, false));
        var e = await Fails<EnvironmentFaultException>(Sessions.Small("Broken-v0", deterministic: false), registry);
        Assert.Contains("Step threw TimeZoneNotFoundException: lost", e.Message, StringComparison.Ordinal);
        Assert.IsType<TimeZoneNotFoundException>(e.InnerException);
    }

    [Theory]
    [InlineData(true, 1)]
    [InlineData(false, 1)]
    [InlineData(false, 3)]
    public async Task A_failure_of_any_type_on_an_actors_thread_ends_the_run(bool deterministic, int actors)
    {
        // A vector environment is not wrapped in checks, so its exceptions arrive unchanged. This is long before min_size, so the learner
        // waits.
        TrainingOptions options = Sessions.Small("Broken-v0", deterministic: deterministic, steps: 1_000_000_000);
        options.Actor.Count = actors;
        options.Replay.MinSize = options.Replay.Capacity;
        EnvironmentRegistry registry = Sessions.With("Broken-v0", _ => default, vector: () =>
        {
            int steps = 0;
            return new CodedVectorEnvironment(count: 8, actions: 2, (_, _) => 5)
            {
                Stepping = () => _ = ++steps == 20 ? throw new TimeZoneNotFoundException("lost") : 0,
            };
        });
        Assert.Equal("lost", (await Fails<TimeZoneNotFoundException>(options, registry)).Message);
        CheckpointFolder.Read(_folder["run/last"]);
    }

    [Fact]
    public async Task An_environment_that_cannot_be_created_for_the_final_evaluation_is_a_failure_of_the_run_not_an_invalid_request()
    {
        // The actors', the evaluations' and the final evaluation's environments.
        int created = 0;
        EnvironmentRegistry registry = Sessions.With("Rare-v0", _ => new StepResult(1, false, false), vector: () =>
            ++created == 3 ? throw new InvalidOptionException("no licence left") : new CodedVectorEnvironment(count: 8, actions: 2, (_, _) => 5));
        TrainingOptions options = Sessions.Small("Rare-v0", steps: 1_000);
        options.Evaluation.Episodes = options.Evaluation.FinalEpisodes = 8;
        var e = await Fails<EnvironmentFaultException>(options, registry);
        Assert.Equal(("no licence left", 1), (e.Message, e.ExitCode));
        CheckpointFolder.Read(_folder["run/last"]);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_update_that_is_not_finite_ends_the_run_and_actors_that_wait_for_the_learner(bool deterministic)
    {
        TrainingOptions options = Sessions.Small("CartPole-v1", deterministic: deterministic, steps: 1_000_000_000);
        options.Learner.LearningRate = Schedule.Constant(1e30);
        var e = await Fails<NonFiniteUpdateException>(options, registry: null);
        Assert.Equal(1, e.ExitCode);
        Assert.False(Directory.Exists(_folder["run/last"]), "a diverged network was saved as the last checkpoint");
    }

    [Fact]
    public async Task A_run_that_diverges_keeps_the_previous_checkpoint()
    {
        // A learning rate that explodes within 6,000 steps; checkpoints every 1,000.
        TrainingOptions options = Sessions.Small("CartPole-v1", steps: 1_000_000);
        options.Run.CheckpointInterval = 1_000;
        options.Learner.LearningRate = new Schedule { Kind = ScheduleKind.Exponential, Initial = 1e-6, Final = 1e30, Steps = 6_000 };
        await Fails<NonFiniteUpdateException>(options, registry: null);
        Checkpoint last = CheckpointFolder.Read(_folder["run/last"]);
        Assert.True(last.EnvironmentSteps % 1_000 < 64, "the checkpoint is not a scheduled one");
        Assert.All(last.State.Parameters, parameter => Assert.True(float.IsFinite(parameter)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_environment_that_fails_in_an_evaluation_ends_the_run_with_its_last_checkpoint(bool deterministic)
    {
        // 1,000 steps of training and one evaluation at the end, which takes step 1,001.
        EnvironmentRegistry registry = Sessions.With("Broken-v0", step => new StepResult(step == 1_001 ? double.NaN : 1, false, false));
        TrainingOptions options = Sessions.Small("Broken-v0", steps: 1_000, deterministic: deterministic);
        options.Evaluation.Interval = 1_000_000;
        await Fails<EnvironmentFaultException>(options, registry);
        Assert.Equal(1_000, CheckpointFolder.Read(_folder["run/last"]).EnvironmentSteps);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_failing_event_handler_ends_the_run(bool deterministic)
    {
        using var session = new TrainingSession(Sessions.Small("CartPole-v1", deterministic: deterministic, steps: 1_000_000_000));
        session.Evaluated += _ => throw new TimeZoneNotFoundException("lost");
        await Assert.ThrowsAsync<TimeZoneNotFoundException>(() => Sessions.Start(session));
    }

    [Fact]
    public void Options_that_contradict_each_other_are_refused_before_anything_is_created()
    {
        TrainingOptions options = Sessions.Small("CartPole-v1");
        options.Replay.MinSize = options.Replay.Capacity + 1;
        Assert.Throws<InvalidOptionException>(() => new TrainingSession(options));
    }

    private async Task<T> Fails<T>(TrainingOptions options, EnvironmentRegistry? registry)
        where T : Exception
    {
        using RunFolder folder = RunFolder.Create(_folder["run"]);
        using var session = new TrainingSession(options, registry, folder);
        T failure = await Assert.ThrowsAsync<T>(() => Sessions.Start(session));
        Assert.Equal(failure.Message, File.ReadAllText(folder.FailureFile).TrimEnd());
        return failure;
    }
}
