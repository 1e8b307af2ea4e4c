using Krewe.Contracts;
using Krewe.Environments;
using Krewe.Learner;
using Krewe.Runtime;

namespace Krewe.Tests;

public sealed class PresetTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Names() => [.. Preset.Names];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Names))]
    public void A_preset_is_valid_and_names_an_environment_that_exists(string name)
    {
        TrainingOptions options = Preset.Load(name);
        OptionValidator.Validate(options);
        EnvironmentRegistry.CreateDefault().GetSpec(options.Environment.Id, options.Environment.Kwargs);
        Assert.StartsWith(options.Environment.Id, Preset.Summary(name), StringComparison.Ordinal);
        Assert.StartsWith(options.Environment.Id, name, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("CartPole-v1")]
    [InlineData("CartPole-v1-c51")]
    [InlineData("CartPole-v1-tutorial")]
    [InlineData("CartPole-v1-sample-efficient")]
    [InlineData("MountainCar-v0")]
    [InlineData("MountainCar-v0-sample-efficient")]
    [InlineData("Acrobot-v1")]
    [InlineData("Acrobot-v1-sample-efficient")]
    [InlineData("FrozenLake-v1")]
    [InlineData("CliffWalking-v1")]
    [InlineData("Taxi-v4")]
    public void There_is_a_preset_for(string name) => Assert.Contains(name, Preset.Names);

    [Fact]
    public void The_tutorials_preset_has_the_tutorials_numbers()
    {
        // run_dqn(replay_buffer_size=100_000, target_network_update_interval=10, learning_starts=1000, exploration_initial_eps=1.0,
        // exploration_final_eps=0.04, exploration_fraction=0.1, n_timesteps=80_000, update_interval=2, learning_rate=1e-3, batch_size=64,
        // gamma=0.99, n_eval_episodes=10, evaluation_interval=5000, eval_exploration_rate=0.0, seed=2022), n_hidden_units=64.
        const int UpdateInterval = 2;
        TrainingOptions options = Preset.Load("CartPole-v1-tutorial");
        Assert.Equal("CartPole-v1", options.Environment.Id);
        Assert.Equal(80_000, options.Run.Steps);
        Assert.Equal(2022, options.Run.Seed);
        Assert.Equal((1, 1, UpdateInterval), (options.Actor.Count, options.Actor.Environments, options.Actor.SegmentLength));
        Assert.Equal(Schedule.Linear(initial: 1.0, final: 0.04, steps: 80_000 / 10), options.Actor.Epsilon);

        // Every segment of two steps takes a third slot for its final observation.
        Assert.Equal(100_000, options.Replay.Capacity * UpdateInterval / (UpdateInterval + 1));
        Assert.Equal(1_000, options.Replay.MinSize);
        Assert.Equal(64 / UpdateInterval, options.Replay.SamplesPerInsert);
        Assert.Equal(1, options.Replay.NStep);
        Assert.Equal([64, 64], options.Network.Hidden.ToArray());
        Assert.Equal(64, options.Learner.BatchSize);
        Assert.Equal(Schedule.Constant(1e-3), options.Learner.LearningRate);
        Assert.Equal(0.99, options.Learner.Discount);
        Assert.Equal(LossKind.Mse, options.Learner.Loss);
        Assert.Equal(0, options.Learner.MaxGradientNorm);
        Assert.Equal((TargetKind.Hard, 10 / UpdateInterval), (options.Learner.Target, options.Learner.TargetPeriod));
        Assert.Equal(1, options.Learner.PublishPeriod);
        Assert.Equal((5_000, 10, 0.0), (options.Evaluation.Interval, options.Evaluation.Episodes, options.Evaluation.Epsilon));
        Assert.Equal((0.9, 0.999, 1e-8), (options.Learner.AdamBeta1, options.Learner.AdamBeta2, options.Learner.AdamEpsilon));
    }

    [Fact]
    public void The_preset_of_the_environment_is_used_unless_another_is_named()
    {
        Assert.Equal(200_000, Preset.LoadFor("CartPole-v1", []).Bind().Run.Steps);
        Assert.Equal(80_000, Preset.LoadFor("CartPole-v1", ["CartPole-v1-tutorial"]).Bind().Run.Steps);
        Assert.Equal(new TrainingOptions().Run.Steps, Preset.LoadFor("Corridor-v0", []).Bind().Run.Steps);
    }

    [Fact]
    public void A_file_overrides_the_preset_of_the_environment()
    {
        string file = _folder["mine.json"];
        File.WriteAllText(file, """{ "learner": { "batch_size": 32, }, /* mine */ }""");
        TrainingOptions options = Preset.LoadFor("CartPole-v1", [file]).Bind();
        Assert.Equal(32, options.Learner.BatchSize);
        Assert.Equal(Preset.Load("CartPole-v1").Replay.NStep, options.Replay.NStep);
    }

    [Theory]
    [InlineData("[1]", "expected a JSON object")]
    [InlineData("{\n learner", ", line 2, position 2: not valid JSON, expected an object of options such as { \"learner\": { \"batch_size\": 64 } }")]
    [InlineData("", ", line 1, position 1: not valid JSON, expected")]
    [InlineData("""{ "run": { "steps": 1, "steps": 2 } }""", ": has a property twice, expected")]
    [InlineData("""{ "run": { "stesp": 1 } }""", "did you mean run.steps?")]
    public void An_invalid_file_is_refused_with_its_name_and_the_reason(string text, string reason)
    {
        string file = _folder["mine.json"];
        File.WriteAllText(file, text);
        var e = Assert.Throws<InvalidOptionException>(() => Preset.LoadFor("CartPole-v1", [file]));
        Assert.Contains(file, e.Message, StringComparison.Ordinal);
        Assert.Contains(reason, e.Message, StringComparison.Ordinal);
    }

    [UnixFact]
    public void An_endless_file_is_refused() =>
        Assert.Contains(
            "--preset /dev/zero: has more than 1048576 characters",
            Assert.Throws<InvalidOptionException>(() => Preset.LoadFor(null, ["/dev/zero"])).Message,
            StringComparison.Ordinal);

    [Fact]
    public void An_unknown_preset_is_refused_with_the_nearest_name() =>
        Assert.Contains(
            "did you mean CartPole-v1-tutorial?",
            Assert.Throws<InvalidOptionException>(() => Preset.LoadFor("CartPole-v1", ["CartPole-v1-tutoral"])).Message,
            StringComparison.Ordinal);
}
