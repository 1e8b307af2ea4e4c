using System.Text.Json;
using System.Text.Json.Nodes;
using Krewe.Contracts;
using Krewe.Learner;
using Krewe.Runtime;

namespace Krewe.Tests;

public class OptionBinderTests
{
    [Fact]
    public void A_later_layer_changes_only_what_it_names()
    {
        TrainingOptions options = Bound("""{ "learner": { "batch_size": 32, "discount": 0.9 } }""", """{ "learner": { "batch_size": 128 }, "run.seed": 7 }""");
        Assert.Equal(128, options.Learner.BatchSize);
        Assert.Equal(0.9, options.Learner.Discount);
        Assert.Equal(7, options.Run.Seed);
        Assert.Equal(new TrainingOptions().Learner.TargetPeriod, options.Learner.TargetPeriod);
    }

    [Fact]
    public void A_schedule_over_a_fraction_of_the_run_follows_its_steps_unless_a_later_layer_sets_them()
    {
        OptionBinder binder = new OptionBinder().ApplyAssignment("run.steps=8000").ApplyAssignment("actor.epsilon.fraction=0.25");
        Assert.Equal(2_000, binder.Bind().Actor.Epsilon.Steps);
        Assert.Equal(3_000, new OptionBinder(binder.Bind()).ApplyAssignment("run.steps=12000").Bind().Actor.Epsilon.Steps);
        Assert.Equal(50, binder.ApplyAssignment("actor.epsilon.steps=50").Bind().Actor.Epsilon.Steps);
    }

    [Theory]
    [InlineData("learner.batchsize=1", "learner.batch_size")]
    [InlineData("learner.bach_size=1", "learner.batch_size")]
    [InlineData("replay.n_steps=3", "replay.n_step")]
    [InlineData("actor.epsilon.end=0.1", "actor.epsilon.kind")]
    [InlineData("batch_size=64", "learner.batch_size")]
    [InlineData("learning_rat=0.1", "learner.learning_rate")]
    [InlineData("steps=100", "run.steps or actor.epsilon.steps or replay.importance_exponent.steps or learner.learning_rate.steps")]
    public void An_unknown_key_is_refused_with_the_nearest_one(string assignment, string nearest)
    {
        string message = Refused(assignment);
        Assert.Contains($"unknown option '{assignment.Split('=')[0]}'", message, StringComparison.Ordinal);
        Assert.Contains($"did you mean {nearest}?", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_dissimilar_unknown_key_gets_no_suggestion() =>
        Assert.DoesNotContain("did you mean", Refused("zzzzzzzzzzzzzzzzzzzzzzzz=1"), StringComparison.Ordinal);

    [Theory]
    [InlineData("learner.batch_size=many", "a whole number")]
    [InlineData("run.steps=1.5", "a whole number")]
    [InlineData("run.seed=1e300", "a whole number from 0 to 9223372036854775807")]
    [InlineData("run.seed=9223372036854775808", "a whole number from 0 to 9223372036854775807")]
    [InlineData("network.hidden=64,99999999999", "whole numbers separated by commas, each 1 to 65536")]
    [InlineData("learner.device=null", "a word")]
    [InlineData("learner.batch_size=2.5", "a whole number")]
    [InlineData("learner.batch_size=true", "a whole number")]
    [InlineData("learner.discount=[0.9]", "a number")]
    [InlineData("learner.discount=NaN", "a number")]
    [InlineData("run.deterministic=perhaps", "true or false")]
    [InlineData("run.deterministic=1", "true or false")]
    [InlineData("network.hidden=64,wide", "whole numbers separated by commas")]
    [InlineData("network.hidden=64,,64", "whole numbers separated by commas")]
    [InlineData("network.hidden=", "whole numbers separated by commas")]
    [InlineData("network.convolutions=32x8/4,,64x4/2", "filters x kernel / stride")]
    [InlineData("actor.epsilon={\"final\":1,\"final\":2}", "a number or an object")]
    [InlineData("environment.kwargs=8x8", "an object")]
    [InlineData("actor.epsilon=high", "a number or an object with kind, initial, final, and steps or fraction")]
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
    [InlineData("replay.samples_per_insert=1e9", "above 0 and at most 65536")]
    [InlineData("learner.target_tau=1.01", "above 0 and at most 1")]
    [InlineData("network.hidden=64,0", "1 to 65536")]
    [InlineData("actor.epsilon=-0.1", "0 to 1")]
    [InlineData("actor.epsilon=1.1", "0 to 1")]
    [InlineData("learner.batch_size=1e300", "1 to 65536")]
    public void A_value_out_of_range_is_refused_with_the_range(string assignment, string range) =>
        Assert.Contains($"expected {range}", Refused(assignment), StringComparison.Ordinal);

    [Theory]
    [InlineData("network.hidden", "8")]
    [InlineData("network.convolutions", "8x3/1")]
    public void A_list_with_too_many_elements_is_refused_with_their_number(string key, string element)
    {
        string message = Refused($"{key}={string.Join(',', Enumerable.Repeat(element, 100_000))}");
        Assert.Contains($"{key} has 100000 values, expected at most 64", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_long_value_is_truncated_in_a_message() =>
        Assert.InRange(Refused($"network.hidden={string.Join(',', Enumerable.Repeat("wide", 100_000))}").Length, 1, 300);

    [Theory]
    [InlineData("run.steps=1e6")]
    [InlineData("run.steps=1E+6")]
    [InlineData("run.steps=1000000.0")]
    [InlineData("run.steps=\"1000000\"")]
    public void A_whole_number_may_be_written_with_an_exponent_or_in_quotes(string assignment) =>
        Assert.Equal(1_000_000, Assigned(assignment).Run.Steps);

    [Theory]
    [InlineData("run.steps=1e16", 10_000_000_000_000_000)]
    [InlineData("run.steps=9223372036854775807", long.MaxValue)]
    [InlineData("run.steps=9.223372036854775807e18", long.MaxValue)]
    public void A_whole_number_is_exact_up_to_the_largest(string assignment, long expected) => Assert.Equal(expected, Assigned(assignment).Run.Steps);

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
        Assert.Equal(expected, Assigned($"learner.loss={word}").Learner.Loss);
    }

    [Theory]
    [InlineData("1")]
    [InlineData("absolute")]
    public void An_unknown_word_is_refused_with_all_known_words(string word) =>
        Assert.Contains("expected mse, huber", Refused($"learner.loss={word}"), StringComparison.Ordinal);

    [Theory]
    [InlineData("256,128", new[] { 256, 128 })]
    [InlineData("[256, 128]", new[] { 256, 128 })]
    [InlineData("32", new[] { 32 })]
    [InlineData("[]", new int[0])]
    public void A_list_of_whole_numbers_is_written_with_or_without_brackets(string text, int[] expected)
    {
        Assert.Equal(expected, Assigned($"network.hidden={text}").Network.Hidden);
    }

    [Fact]
    public void A_number_for_a_schedule_means_a_constant_schedule()
    {
        Assert.Equal(Schedule.Constant(0.25), Assigned("actor.epsilon=0.25").Actor.Epsilon);
    }

    [Fact]
    public void Changing_one_part_of_a_schedule_keeps_the_others()
    {
        var options = new TrainingOptions();
        options.Actor.Epsilon = Schedule.Linear(initial: 0.8, final: 0.1, steps: 500);
        TrainingOptions changed = new OptionBinder(options).ApplyAssignment("actor.epsilon.final=0.02").Bind();
        Assert.Equal(Schedule.Linear(initial: 0.8, final: 0.02, steps: 500), changed.Actor.Epsilon);
    }

    [Fact]
    public void Runs_share_no_options()
    {
        var start = new TrainingOptions();
        start.Environment.Kwargs["map_name"] = JsonSerializer.SerializeToElement("4x4");
        var binder = new OptionBinder(start);
        TrainingOptions first = binder.Bind();
        TrainingOptions second = binder.ApplyAssignment("actor.epsilon.final=0.9").ApplyAssignment("environment.kwargs.map_name=8x8").Bind();
        first.Run.Seed = 5;
        Assert.Equal((0, 0), (start.Run.Seed, second.Run.Seed));
        Assert.Equal((0.05, 0.05, 0.9), (start.Actor.Epsilon.Final, first.Actor.Epsilon.Final, second.Actor.Epsilon.Final));
        Assert.Equal(["4x4", "4x4", "8x8"], new[] { start, first, second }.Select(options => options.Environment.Kwargs["map_name"].GetString()));
    }

    [Theory]
    [InlineData("""{ "environment": { "kwargs": { "map_name": "8x8" } } }""")]
    [InlineData("""{ "environment.kwargs.map_name": "8x8" }""")]
    public void Arguments_of_the_environment_are_merged_by_name(string layer)
    {
        TrainingOptions options = Bound("""{ "environment": { "kwargs": { "map_name": "4x4", "is_slippery": false } } }""", layer);
        Assert.Equal("8x8", options.Environment.Kwargs["map_name"].GetString());
        Assert.Equal(JsonValueKind.False, options.Environment.Kwargs["is_slippery"].ValueKind);
    }

    [Theory]
    [InlineData("""{ "learner": { "batch_size": 1, "discount": 7 } }""")]
    [InlineData("""{ "learner": { "batch_size": 1 }, "lerner": {} }""")]
    [InlineData("""{ "learner": { "batch_size": 1, "loss": "l1" } }""")]
    public void A_layer_with_an_error_is_not_applied_at_all(string layer)
    {
        var binder = new OptionBinder();
        string before = OptionBinder.ToJson(binder.Bind()).ToJsonString();
        var e = Assert.Throws<InvalidOptionException>(() => Apply(binder, layer));
        Assert.StartsWith("some.json: ", e.Message, StringComparison.Ordinal);
        Assert.Equal(before, OptionBinder.ToJson(binder.Bind()).ToJsonString());
    }

    private static OptionBinder Apply(OptionBinder binder, string layer) => binder.Apply((JsonObject)JsonNode.Parse(layer)!, source: "some.json");

    private static TrainingOptions Bound(params string[] layers) => layers.Aggregate(new OptionBinder(), Apply).Bind();

    private static TrainingOptions Assigned(string assignment) => new OptionBinder().ApplyAssignment(assignment).Bind();

    private static string Refused(string assignment)
    {
        var e = Assert.Throws<InvalidOptionException>(() => Assigned(assignment));
        Assert.Equal(2, e.ExitCode);
        Assert.DoesNotContain('\n', e.Message);
        return e.Message;
    }
}
