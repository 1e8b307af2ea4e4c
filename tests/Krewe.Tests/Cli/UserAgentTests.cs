using System.Collections.Immutable;
using Krewe.Contracts;
using Krewe.Learner;
using Krewe.Networks;
using Krewe.Replay;
using Krewe.Runtime;

[assembly: LearningAgent<Krewe.Tests.RandomWalkAgent>]
[assembly: LearningAgent<Krewe.Tests.FaultyAgent>]

namespace Krewe.Tests;

/// <summary>Follows the recipe "An algorithm" of CONTRIBUTING.md with an agent of a user's assembly, here the test assembly itself.</summary>
[Collection(nameof(Alone))]
public sealed class UserAgentTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static string Assembly => typeof(UserAgentTests).Assembly.Location;

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("process")]
    [InlineData("grains")]
    public void An_agent_of_a_users_assembly_trains_resumes_and_is_evaluated(string host)
    {
        string run = _folder["run"];
        string[] mine = ["--assembly", Assembly];
        CliRun.Ok([
            "train", "CartPole-v1", .. mine, "--host", host, "--set", "agent.kind=tests_random_walk", "--set", "tests_random_walk.scale=0.5",
            "--steps", "3000", "--deterministic", "--out", run]);
        Checkpoint last = CheckpointFolder.Read(Path.Combine(run, "last"));
        Assert.Equal("tests_random_walk", last.Options.Agent.Kind);
        Assert.True(last.Updates > 0);
        CliRun.Ok(["train", "--resume", run, .. mine, "--host", host, "--steps", "5000"]);
        Assert.Equal(5_000, CheckpointFolder.Read(Path.Combine(run, "last")).EnvironmentSteps, 100.0);
        CliRun.Ok(["evaluate", run, .. mine, "--episodes", "2"]);
    }

    [Theory]
    [InlineData("process")]
    [InlineData("grains")]
    public void An_agent_that_throws_when_its_learner_is_created_fails_the_run(string host)
    {
        CliRun run = CliRun.Of(
            "train", "CartPole-v1", "--assembly", Assembly, "--host", host, "--set", "agent.kind=tests_faulty", "--set", "replay.priority_exponent=0", "--steps", "3000", "--out", _folder["faulty"]);
        Assert.Equal(1, run.ExitCode);
        Assert.Contains(
            "agent.kind tests_faulty: its learner could not be created: InvalidOperationException: no such thing", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void The_value_of_a_random_walk_is_the_mean_over_actions()
    {
        var result = new ObjectiveCase(
            new RandomWalkObjective(new TemporalDifference(LossKind.Mse, 1), scale: 1), 2, [1], [0.5f], [0.25f], [2, 4]);
        Assert.Equal(1 + (0.5f * 3) - 0.25f, result.Priorities[0]);
    }

    [Fact]
    public void An_agent_whose_plan_throws_is_named()
    {
        CliRun run = CliRun.Of(
            "train", "CartPole-v1", "--assembly", Assembly, "--set", "agent.kind=tests_faulty", "--set", "network.hidden=13", "--out", _folder["none"]);
        Assert.Equal(2, run.ExitCode);
        Assert.Contains("agent.kind tests_faulty: its plan for CartPole-v1 failed: ArgumentException: no thirteen", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void An_unknown_agent_is_refused_with_the_nearest_one()
    {
        CliRun run = CliRun.Of("train", "CartPole-v1", "--set", "agent.kind=doubel_dqn", "--out", _folder["none"]);
        Assert.Equal(2, run.ExitCode);
        Assert.Contains("agent.kind is 'doubel_dqn', expected one of", run.Error, StringComparison.Ordinal);
        Assert.Contains("did you mean double_dqn?", run.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder["none"]));
    }
}

/// <summary>Options of the agent.</summary>
public sealed class RandomWalkOptions
{
    /// <summary>Factor of the bootstrap value.</summary>
    [Option("factor of the bootstrap value", Min = 0, Max = 1)]
    public double Scale { get; set; } = 1;
}

/// <summary>Learns the values of acting at random: the target is R + d * mean_a Q'(s', a).</summary>
public sealed class RandomWalkAgent() : GradientAgent("tests_random_walk")
{
    /// <inheritdoc/>
    public override object CreateOptions() => new RandomWalkOptions();

    /// <inheritdoc/>
    public override IObjective CreateObjective(LearnerOptions learner, NetworkSpec network, object? options) =>
        new RandomWalkObjective(TemporalDifference.Of(learner), (float)((RandomWalkOptions)options!).Scale);
}

/// <summary>An agent whose learner cannot be created, and which chooses how replay selects transitions.</summary>
public sealed class FaultyAgent() : GradientAgent("tests_faulty")
{
    /// <inheritdoc/>
    public override AgentPlan Plan(EnvironmentSpec environment, NetworkArchitecture architecture, object? options) =>
        architecture.Hidden is [13] ? throw new ArgumentException("no thirteen")
            : base.Plan(environment, architecture, options) with { Selector = ReplaySelector.Proportional(0.5) };

    /// <inheritdoc/>
    public override IObjective CreateObjective(LearnerOptions learner, NetworkSpec network, object? options) =>
        throw new InvalidOperationException("no such thing");
}

/// <summary>The objective of <see cref="RandomWalkAgent"/>.</summary>
public sealed class RandomWalkObjective(TemporalDifference loss, float scale) : IObjective
{
    /// <inheritdoc/>
    public ImmutableArray<ForwardPass> Passes { get; } = [new(NetworkParameters.Target, IsNext: true)];

    /// <inheritdoc/>
    public void Evaluate(in ObjectiveBlock block)
    {
        ReadOnlySpan<float> next = block.Pass(0);
        for (int row = 0; row < block.Rows; row++)
        {
            float sum = 0;
            foreach (float value in next.Slice(row * block.Actions, block.Actions))
            {
                sum += value;
            }

            loss.Evaluate(block, row, scale * sum / block.Actions);
        }
    }
}
