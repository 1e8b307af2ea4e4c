using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Krewe.Contracts;
using Krewe.Learner;
using Krewe.Networks;
using Krewe.Runtime;

namespace Krewe.Tests;

public class OptionSchemaTests
{
    private static IEnumerable<OptionInfo> Numeric =>
        OptionSchema.All.Where(option => option.Type == typeof(int) || option.Type == typeof(long) || option.Type == typeof(double));

    public static TheoryData<string> Keys() => [.. OptionSchema.All.Select(option => option.Key)];

    public static TheoryData<string> NumericKeys() => [.. Numeric.Select(option => option.Key)];

    [Theory]
    [MemberData(nameof(Keys))]
    public void Every_option_has_a_description_and_a_key_in_snake_case(string key)
    {
        Assert.False(string.IsNullOrWhiteSpace(Find(key).Attribute.Description));
        Assert.Matches("^[a-z0-9_]+(\\.[a-z0-9_]+)*$", key);
    }

    [Fact]
    public void Every_numeric_option_has_a_lower_bound() =>
        Assert.Empty(Numeric.Where(option => !double.IsFinite(option.Attribute.Min)).Select(option => option.Key));

    [Fact]
    public void Every_whole_number_of_32_bits_and_every_list_has_an_upper_bound()
    {
        Assert.Empty(OptionSchema.All.Where(option => option.Type == typeof(int) && option.Attribute.Max > int.MaxValue).Select(option => option.Key));
        Assert.Empty(OptionSchema.All
            .Where(option => option.Type.Name.StartsWith("ImmutableArray", StringComparison.Ordinal) && option.Attribute.MaxCount > 1_000)
            .Select(option => option.Key));
    }

    [Theory]
    [MemberData(nameof(NumericKeys))]
    public void Every_numeric_option_refuses_values_outside_its_range_and_names_the_range(string key)
    {
        OptionInfo option = Find(key);
        List<double> outside = [option.Attribute.MinExclusive ? option.Attribute.Min : option.Attribute.Min - 1];
        if (double.IsFinite(option.Attribute.Max))
        {
            outside.Add(option.Attribute.Max + 1);
        }

        foreach (double value in outside)
        {
            string text = value.ToString("F0", CultureInfo.InvariantCulture);
            var e = Assert.Throws<InvalidOptionException>(() => new OptionBinder().ApplyAssignment($"{key}={text}"));
            Assert.Contains(option.Range, e.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [MemberData(nameof(NumericKeys))]
    public void Every_numeric_option_accepts_both_ends_of_its_range(string key)
    {
        OptionInfo option = Find(key);
        double low = option.Attribute.MinExclusive ? double.BitIncrement(option.Attribute.Min) : option.Attribute.Min;
        double largest = option.Type == typeof(int) ? int.MaxValue : option.Type == typeof(long) ? 1e15 : 1e300;
        foreach (double value in new[] { low, Math.Min(option.Attribute.Max, largest) })
        {
            TrainingOptions options = new OptionBinder().ApplyAssignment($"{key}={value.ToString("R", CultureInfo.InvariantCulture)}").Bind();
            Assert.Equal(value, Convert.ToDouble(option.Get(options), CultureInfo.InvariantCulture));
        }
    }

    [Theory]
    [MemberData(nameof(Keys))]
    public void Every_option_survives_being_written_and_read_back(string key)
    {
        OptionInfo option = Find(key);
        var options = new TrainingOptions();
        object other = Other(option.Get(options)!);
        Assert.NotEqual(option.Get(options), other);
        options.Agent.Kind = option.Agent ?? options.Agent.Kind;
        object root = option.Agent is null ? options : options.Agent.Of(option.Agent)!;
        object owner = option.Path.SkipLast(1).Aggregate(root, (group, property) => property.GetValue(group)!);
        option.Path[^1].SetValue(owner, other);
        if (owner is Schedule schedule)
        {
            // They follow from the fraction.
            typeof(Schedule).GetProperty(nameof(Schedule.Steps))!.SetValue(schedule, schedule.Over(options.Run.Steps).Steps);
        }

        var json = (JsonObject)JsonNode.Parse(OptionBinder.ToJson(options).ToJsonString())!;
        TrainingOptions read = new OptionBinder().Apply(json, source: "round trip").Bind();
        Assert.Equal(Text(options), Text(read));
        Assert.NotEqual(Text(new TrainingOptions()), Text(read));
    }

    [Fact]
    public void The_largest_seed_survives_being_written_and_read_back()
    {
        var options = new TrainingOptions();
        options.Run.Seed = long.MaxValue;
        TrainingOptions read = new OptionBinder().Apply(OptionBinder.ToJson(options), source: "round trip").Bind();
        Assert.Equal(long.MaxValue, read.Run.Seed);
    }

    [Fact]
    public void The_options_of_a_checkpoint_of_version_0_1_are_read()
    {
        const string Written =
            """
            {"run":{"seed":3,"steps":200000,"until_solved":true,"deterministic":false,"checkpoint_interval":100000,"save_replay":false},
            "environment":{"id":"FrozenLake-v1","kwargs":{"map_name":"8x8"}},
            "actor":{"count":1,"environments":16,"segment_length":32,"epsilon":{"kind":"linear","initial":1,"final":0.05,"steps":20000},"epsilon_alpha":0},
            "replay":{"capacity":100000,"shards":1,"min_size":1000,"samples_per_insert":8,"error_buffer":0,"n_step":10},
            "network":{"hidden":[64,64],"convolutions":"","layer_norm":false,"dueling":false},
            "learner":{"batch_size":64,"learning_rate":{"kind":"linear","initial":0.004,"final":0.0001,"steps":200000},"adam_beta1":0.9,"adam_beta2":0.999,"adam_epsilon":1E-08,"discount":0.99,"loss":"mse","huber_delta":1,"max_gradient_norm":10,"target":"hard","target_period":100,"target_tau":0.005,"publish_period":10,"backend":"simd","device":"auto","threads":1},
            "evaluation":{"interval":5000,"episodes":20,"max_episode_steps":10000,"epsilon":0,"final_episodes":100}}
            """;
        var json = (JsonObject)JsonNode.Parse(Written)!;
        string read = Text(new OptionBinder().Apply(json, "run.json").Bind());

        // Newer options have their defaults.
        json["environment"]!["check_bounds"] = false;
        json["agent"] = new JsonObject { ["kind"] = "dqn" };
        json["replay"]!["priority_exponent"] = 0;
        var learner = (JsonObject)json["learner"]!;
        learner.Insert(learner.IndexOf("publish_period"), "average_tau", 0);
        json["replay"]!["importance_exponent"] = JsonNode.Parse("""{"kind":"linear","initial":0.4,"final":1,"steps":100000}""");
        foreach (JsonNode schedule in new[] { json["actor"]!["epsilon"]!, json["replay"]!["importance_exponent"]!, json["learner"]!["learning_rate"]! })
        {
            schedule["fraction"] = 0;
        }

        Assert.True(JsonNode.DeepEquals(json, JsonNode.Parse(read)), read);
    }

    private static OptionInfo Find(string key) => OptionSchema.All.Single(option => option.Key == key);

    private static string Text(TrainingOptions options) => OptionBinder.ToJson(options).ToJsonString();

    private static object Other(object value) => value switch
    {
        bool flag => !flag,
        int number => number + 1,
        long number => number + 1,
        double number => (number / 2) + 0.125,
        string text => text + "Other-v1",
        LossKind => LossKind.Huber,
        BackendKind => BackendKind.Torch,
        ImmutableArray<ConvolutionShape> => ImmutableArray.Create(new ConvolutionShape(8, 3, 2), new ConvolutionShape(16, 2, 1)),
        TargetKind => TargetKind.Soft,
        ScheduleKind kind => kind == ScheduleKind.Linear ? ScheduleKind.Exponential : ScheduleKind.Linear,
        Schedule => Schedule.Linear(initial: 0.7, final: 0.3, steps: 123),
        ImmutableArray<int> => ImmutableArray.Create(7, 8, 9),
        Dictionary<string, JsonElement> => new Dictionary<string, JsonElement>
        {
            ["map_name"] = JsonSerializer.SerializeToElement("8x8"),
            ["desc"] = JsonSerializer.SerializeToElement(new[] { "SF", "HG" }),
        },
        _ => throw new InvalidOperationException($"the test has no other value of {value.GetType()}: add one"),
    };
}
