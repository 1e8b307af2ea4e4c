using Krewe.Actors;
using Krewe.Environments;
using Krewe.Learner;
using Krewe.Networks;
using Krewe.Runtime;

namespace Krewe.Tests;

public class LearningRunTests
{
    // A random policy balances the pole for 22 steps on average; its mean over 100 episodes does not reach 60.
    private const double BeyondChance = 150;

    [Fact]
    public void A_short_run_of_the_preset_learns_to_balance_the_pole()
    {
        TrainingOptions options = Preset.Load("CartPole-v1");
        options.Run.Steps = 60_000;
        options.Run.Deterministic = true;
        using var session = new TrainingSession(options);
        TrainingResult result = session.Run();
        Assert.InRange(result.Updates, 1_000, long.MaxValue);
        Assert.InRange(result.EnvironmentSteps, 60_000, 60_000 + options.Actor.Environments - 1);
        Assert.InRange(result.Final!.Value.Mean, BeyondChance, 500);
        Assert.Equal(options.Evaluation.FinalEpisodes, result.Final.Value.Episodes);
    }

    [Fact]
    public void C51_solves_the_pole()
    {
        TrainingOptions options = Preset.Load("CartPole-v1-c51");
        options.Run.Deterministic = true;
        options.Run.UntilSolved = true;
        using var session = new TrainingSession(options);
        TrainingResult result = session.Run();
        Assert.NotNull(result.SolvedAtStep);
        Assert.InRange(result.EnvironmentSteps, 0, options.Run.Steps - 1);
    }

    [Fact]
    public void A_random_policy_does_not_reach_the_level_required_of_the_run()
    {
        EnvironmentRegistry registry = EnvironmentRegistry.CreateDefault();
        var spec = new NetworkSpec(registry.GetSpec("CartPole-v1").ObservationSpace, [4], actionCount: 2);
        using var evaluator = new Evaluator(registry.MakeVector("CartPole-v1", count: 100), spec, LearningAgents.Default, maxEpisodeSteps: 500);
        EvaluationResult result = evaluator.Run(new float[spec.ParameterCount], episodes: 100, epsilon: 1, seed: 0, CancellationToken.None);
        Assert.InRange(result.Mean, 15, BeyondChance / 2);
    }

    [Theory]
    [InlineData(true, 1)]
    [InlineData(true, 3)]
    [InlineData(false, 1)]
    [InlineData(false, 3)]
    public async Task The_number_of_steps_is_rounded_up_to_a_whole_step_of_all_environments_of_an_actor(bool deterministic, int actors)
    {
        // 62 rollouts of 8 environments x 8 steps, and one of 5 steps for the 33 that are left.
        TrainingOptions options = Sessions.Small("CartPole-v1", steps: 4_001, deterministic: deterministic);
        options.Actor.Count = actors;
        using var session = new TrainingSession(options);
        Assert.Equal(4_008, (await Sessions.Start(session)).EnvironmentSteps);
    }

    [Fact]
    public async Task Concurrent_actors_use_the_step_budget_and_the_learner_does_the_updates_of_the_ratio()
    {
        TrainingOptions options = Sessions.Small("CartPole-v1", steps: 6_400, deterministic: false);
        options.Actor.Count = 3;
        options.Replay.Shards = 2;
        using var session = new TrainingSession(options);
        TrainingResult result = await Sessions.Start(session);
        Assert.InRange(result.EnvironmentSteps, 6_400, 6_400 + options.Actor.Environments - 1);

        // Two samples per insert in batches of 16, from the first 200 inserts on: 775 updates, at most one error buffer more or less.
        double expected = (6_400 - 200) * 2 / 16.0;
        Assert.InRange(result.Updates, expected * 0.8, expected * 1.2);
        Assert.Equal(session.Progress.Replay.Inserted, result.EnvironmentSteps);
        Assert.Equal(session.Progress.Replay.Sampled, result.Updates * 16);
    }
}
