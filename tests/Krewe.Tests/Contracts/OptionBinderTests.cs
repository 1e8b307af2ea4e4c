using System.Text.Json;
using System.Text.Json.Nodes;
using Krewe.Contracts;

namespace Krewe.Tests;

public class OptionBinderTests
{
    [Fact]
    public void A_later_layer_changes_what_it_names_and_nothing_else()
    {
        var options = new TrainingOptions();
        Apply(options, """{ "learner": { "batch_size": 32, "discount": 0.9 } }""");
        Apply(options, """{ "learner": { "batch_size": 128 } }""");
        OptionBinder.ApplyAssignment(options, "run.seed=7");
        Assert.Equal(128, options.Learner.BatchSize);
        Assert.Equal(0.9, options.Learner.Discount);
        Assert.Equal(7, options.Run.Seed);
        Assert.Equal(new TrainingOptions().Learner.TargetPeriod, options.Learner.TargetPeriod);
    }

    [Theory]
    [InlineData("learner.batchsize=1", "learner.batch_size")]
    [InlineData("learner.bach_size=1", "learner.batch_size")]
    [InlineData("replay.n_steps=3", "replay.n_step")]
    [InlineData("actor.epsilon.end=0.1", "actor.epsilon")]
    public void An_unknown_key_is_refused_with_the_nearest_one(string assignment, string nearest)
    {
        string message = Refused(assignment);
        Assert.Contains($"unknown option '{assignment.Split('=')[0]}'", message, StringComparison.Ordinal);
        Assert.Contains($"did you mean {nearest}", message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_unknown_key_that_is_like_no_other_gets_no_suggestion() =>
        Assert.DoesNotContain("did you mean", Refused("zzzzzzzzzzzzzzzzzzzzzzzz=1"), StringComparison.Ordinal);

    [Theory]
    [InlineData("learner.batch_size=many", "a number")]
    [InlineData("learner.batch_size=2.5", "a whole number")]
    [InlineData("learner.batch_size=true", "a number")]
    [InlineData("learner.discount=[0.9]", "a number")]
    [InlineData("learner.discount=NaN", "a number")]
    [InlineData("run.deterministic=perhaps", "true or false")]
    [InlineData("run.deterministic=1", "true or false")]
    [InlineData("network.hidden=64,wide", "whole numbers separated by commas")]
    [InlineData("environment.kwargs=8x8", "an object")]
    [InlineData("actor.epsilon=high", "a number or an object with kind, initial, final and steps")]
    [InlineData("learner=3", "an object")]
    public void A_value_of_the_wrong_type_is_refused_with_what_was_expected(string assignment, string expected)
    {
        string message = Refused(assignment);
        Assert.Contains($"expected {expected}", message, StringComparison.Ordinal);
        Assert.Contains(assignment.Split('=')[0], message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("learner.batch_size=0", "1 to 65536")]
    [InlineData("learner.batch_size=65537", "1 to 65536")]
    [InlineData("run.seed=-1", "at least 0")]
    [InlineData("replay.samples_per_insert=0", "above 0")]
    [InlineData("learner.target_tau=1.01", "above 0 and at most 1")]
    [InlineData("network.hidden=64,0", "1 to 65536")]
    [InlineData("actor.epsilon=-0.1", "a number at least 0")]
    public void A_value_out_of_range_is_refused_with_the_range(string assignment, string range) =>
        Assert.Contains($"expected {range}", Refused(assignment), StringComparison.Ordinal);

    [Theory]
    [InlineData("learner.batch_size")]
    [InlineData("=3")]
    public void An_assignment_without_key_or_value_is_refused(string assignment) =>
        Assert.Contains("expected key=value", Refused(assignment), StringComparison.Ordinal);

    [Theory]
    [InlineData("huber", LossKind.Huber)]
    [InlineData("HUBER", LossKind.Huber)]
    [InlineData("mse", LossKind.Mse)]
    public void Words_name_the_values_of_an_enumeration(string word, LossKind expected)
    {
        var options = new TrainingOptions();
        OptionBinder.ApplyAssignment(options, $"learner.loss={word}");
        Assert.Equal(expected, options.Learner.Loss);
    }

    [Theory]
    [InlineData("1")]
    [InlineData("absolute")]
    public void Another_word_is_refused_with_all_that_are_known(string word) =>
        Assert.Contains("expected mse, huber", Refused($"learner.loss={word}"), StringComparison.Ordinal);

    [Theory]
    [InlineData("256,128", new[] { 256, 128 })]
    [InlineData("[256, 128]", new[] { 256, 128 })]
    [InlineData("32", new[] { 32 })]
    [InlineData("", new int[0])]
    public void A_list_of_whole_numbers_is_written_with_or_without_brackets(string text, int[] expected)
    {
        var options = new TrainingOptions();
        OptionBinder.ApplyAssignment(options, $"network.hidden={text}");
        Assert.Equal(expected, options.Network.Hidden);
    }

    [Fact]
    public void A_number_for_a_schedule_is_a_constant_one()
    {
        var options = new TrainingOptions();
        OptionBinder.ApplyAssignment(options, "actor.epsilon=0.25");
        Assert.Equal(Schedule.Constant(0.25), options.Actor.Epsilon);
    }

    [Fact]
    public void One_part_of_a_schedule_leaves_the_others()
    {
        var options = new TrainingOptions();
        options.Actor.Epsilon = Schedule.Linear(initial: 0.8, final: 0.1, steps: 500);
        OptionBinder.ApplyAssignment(options, "actor.epsilon.final=0.02");
        Assert.Equal(Schedule.Linear(initial: 0.8, final: 0.02, steps: 500), options.Actor.Epsilon);
    }

    [Fact]
    public void Changing_one_runs_schedule_does_not_change_another_runs()
    {
        var untouched = new TrainingOptions();
        OptionBinder.ApplyAssignment(new TrainingOptions(), "actor.epsilon.final=0.9");
        Assert.NotEqual(0.9, untouched.Actor.Epsilon.Final);
        Assert.NotEqual(0.9, new TrainingOptions().Actor.Epsilon.Final);
    }

    [Fact]
    public void Arguments_of_the_environment_are_merged_by_name()
    {
        var options = new TrainingOptions();
        Apply(options, """{ "environment": { "kwargs": { "map_name": "4x4", "is_slippery": true } } }""");
        Apply(options, """{ "environment": { "kwargs": { "map_name": "8x8" } } }""");
        Assert.Equal("8x8", options.Environment.Kwargs["map_name"].GetString());
        Assert.Equal(JsonValueKind.True, options.Environment.Kwargs["is_slippery"].ValueKind);
    }

    [Fact]
    public void One_argument_of_the_environment_can_be_assigned()
    {
        var options = new TrainingOptions();
        Apply(options, """{ "environment": { "kwargs": { "map_name": "4x4" } } }""");
        OptionBinder.ApplyAssignment(options, "environment.kwargs.is_slippery=false");
        Assert.Equal("4x4", options.Environment.Kwargs["map_name"].GetString());
        Assert.Equal(JsonValueKind.False, options.Environment.Kwargs["is_slippery"].ValueKind);
    }

    [Theory]
    [InlineData("""{ "learner": { "batch_size": 1, "discount": 7 } }""")]
    [InlineData("""{ "learner": { "batch_size": 1 }, "lerner": {} }""")]
    [InlineData("""{ "learner": { "batch_size": 1, "loss": "l1" } }""")]
    public void Nothing_is_applied_of_a_layer_with_an_error(string layer)
    {
        var options = new TrainingOptions();
        string before = OptionBinder.ToJson(options).ToJsonString();
        var e = Assert.Throws<InvalidOptionException>(() => Apply(options, layer));
        Assert.StartsWith("some.json: ", e.Message, StringComparison.Ordinal);
        Assert.Equal(before, OptionBinder.ToJson(options).ToJsonString());
    }

    private static void Apply(TrainingOptions options, string layer) =>
        OptionBinder.Apply(options, (JsonObject)JsonNode.Parse(layer)!, source: "some.json");

    private static string Refused(string assignment)
    {
        var e = Assert.Throws<InvalidOptionException>(() => OptionBinder.ApplyAssignment(new TrainingOptions(), assignment));
        Assert.Equal(2, e.ExitCode);
        Assert.DoesNotContain('\n', e.Message);
        return e.Message;
    }
}
