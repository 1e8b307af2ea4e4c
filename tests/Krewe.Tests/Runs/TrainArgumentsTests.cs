using System.CommandLine;
using Krewe.Cli;
using Krewe.Contracts;
using Krewe.Runtime;

namespace Krewe.Tests;

public sealed class TrainArgumentsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Options_of_a_new_run_come_from_the_preset_then_the_file_then_set_then_the_shorthands()
    {
        File.WriteAllText(_folder["mine.json"], """{ "learner": { "batch_size": 32, "discount": 0.9 }, "run": { "seed": 1 } }""");
        TrainingOptions options = Effective(
            null, "CartPole-v1", "--preset", _folder["mine.json"], "--set", "learner.discount=0.95", "--set", "run.seed=2", "--seed", "3", "--deterministic");
        Assert.Equal((10, 32, 0.95, 3), (options.Replay.NStep, options.Learner.BatchSize, options.Learner.Discount, options.Run.Seed));
        Assert.Equal((true, false), (options.Run.Deterministic, options.Run.UntilSolved));
    }

    [Fact]
    public void A_resumed_run_keeps_its_options_except_those_given()
    {
        TrainingOptions earlier = Preset.Load("CartPole-v1");
        earlier.Learner.BatchSize = 48;
        earlier.Run.Deterministic = true;
        earlier.Run.Seed = 5;
        TrainingOptions options = Effective(earlier, "--steps", "123456", "--set", "learner.discount=0.9", "--actors", "3");
        Assert.Equal((48, 0.99, 1), (earlier.Learner.BatchSize, earlier.Learner.Discount, earlier.Actor.Count));
        Assert.Equal((48, 0.9, 3), (options.Learner.BatchSize, options.Learner.Discount, options.Actor.Count));
        Assert.Equal((123_456, 5, true), (options.Run.Steps, options.Run.Seed, options.Run.Deterministic));
    }

    [Fact]
    public void A_resumed_run_may_name_its_own_environment() =>
        Assert.Equal("CartPole-v1", Effective(Preset.Load("CartPole-v1"), "CartPole-v1").Environment.Id);

    [Theory]
    [InlineData("--resume: the run trains CartPole-v1, not Taxi-v4", "Taxi-v4")]
    [InlineData("--resume and --preset", "--preset", "Taxi-v4")]
    [InlineData("--steps: run.steps is 0", "--steps", "0")]
    public void Arguments_that_do_not_fit_a_resumed_run_are_refused(string expected, params string[] args) => Refused(expected, Preset.Load("CartPole-v1"), args);

    [Theory]
    [InlineData("--steps", "1e6")]
    [InlineData("--set", "run.steps=1e6")]
    public void Steps_may_be_written_with_an_exponent(params string[] args) =>
        Assert.Equal(1_000_000, Effective(null, ["CartPole-v1", .. args]).Run.Steps);

    [Fact]
    public void A_run_that_would_make_no_update_is_refused_unless_it_is_resumed()
    {
        Refused("run.steps 999 is below replay.min_size 1000", null, "CartPole-v1", "--steps", "999");
        Assert.Equal(1_000, Effective(null, "CartPole-v1", "--steps", "1000").Run.Steps);
        Assert.Equal(999, Effective(Preset.Load("CartPole-v1"), "--steps", "999").Run.Steps);
    }

    [Fact]
    public void A_preset_in_place_of_the_environment_is_refused_with_the_intended_command_line() =>
        Refused("some-program submit --preset CartPole-v1-tutorial", null, "CartPole-v1-tutorial");

    [Fact]
    public void Without_an_environment_the_error_shows_a_command_line_of_the_program_itself() =>
        Refused("submit: which environment? for example: some-program submit CartPole-v1", null, "--seed", "3");

    [Fact]
    public void A_preset_may_name_the_environment()
    {
        File.WriteAllText(_folder["mine.json"], """{ "environment": { "id": "Taxi-v4" } }""");
        Assert.Equal("Taxi-v4", Effective(null, "--preset", _folder["mine.json"]).Environment.Id);
    }

    [Fact]
    public void Assemblies_are_passed_on_as_given()
    {
        var (arguments, parsed) = Parse("Corridor-v0", "--assembly", "a.dll", "--assembly", "b.dll");
        Assert.Equal(["a.dll", "b.dll"], arguments.Assemblies(parsed));
        Assert.Throws<InvalidOptionException>(() => arguments.Registry(parsed));
        var (none, without) = Parse("CartPole-v1");
        Assert.Empty(none.Assemblies(without));
        Assert.Equal("CartPole-v1", none.Registry(without).GetSpec("CartPole-v1").Id);
    }

    private static void Refused(string expected, TrainingOptions? resumed, params string[] args) =>
        Assert.Contains(expected, Assert.Throws<InvalidOptionException>(() => Effective(resumed, args)).Message, StringComparison.Ordinal);

    private static TrainingOptions Effective(TrainingOptions? resumed, params string[] args)
    {
        var (arguments, parsed) = Parse(args);
        return arguments.Effective(parsed, resumed);
    }

    private static (TrainArguments Arguments, ParseResult Parsed) Parse(params string[] args)
    {
        var arguments = new TrainArguments("some-program submit");
        var command = new Command("submit");
        arguments.AddTo(command);
        ParseResult parsed = new RootCommand { command }.Parse(["submit", .. args]);
        Assert.Empty(parsed.Errors);
        return (arguments, parsed);
    }
}
