using Krewe.Contracts;
using Krewe.Environments;

namespace Krewe.Tests;

public class EnvironmentRegistryTests
{
    private readonly EnvironmentRegistry _registry = EnvironmentRegistry.CreateDefault();

    [Theory]
    [InlineData("CartPole-v1", 500, 475.0, "Box([-4.8 -Infinity -0.41887903 -Infinity], [4.8 Infinity 0.41887903 Infinity], (4,), float32)", 2)]
    [InlineData("MountainCar-v0", 200, -110.0, "Box([-1.2 -0.07], [0.6 0.07], (2,), float32)", 3)]
    [InlineData("Acrobot-v1", 500, -100.0, "Box([-1 -1 -1 -1 -12.566371 -28.274334], [1 1 1 1 12.566371 28.274334], (6,), float32)", 3)]
    [InlineData("FrozenLake-v1", 100, 0.70, "Discrete(16)", 4)]
    [InlineData("FrozenLake8x8-v1", 200, 0.85, "Discrete(64)", 4)]
    [InlineData("CliffWalking-v1", null, null, "Discrete(48)", 4)]
    [InlineData("CliffWalkingSlippery-v1", null, null, "Discrete(48)", 4)]
    [InlineData("Taxi-v4", 200, 8.0, "Discrete(500)", 6)]
    public void Built_in_environments_are_registered_as_in_Gymnasium(string id, int? limit, double? threshold, string observations, int actions)
    {
        EnvironmentSpec spec = Assert.Single(_registry.Specs, x => x.Id == id);

        Assert.Equal((limit, threshold), (spec.MaxEpisodeSteps, spec.RewardThreshold));
        Assert.Equal(observations, spec.ObservationSpace.ToString());
        Assert.Equal(new DiscreteSpace(actions), spec.ActionSpace);
    }

    [Theory]
    [InlineData("CartPoll-v1", "{}", "unknown environment CartPoll-v1; did you mean CartPole-v1?")]
    [InlineData("Quake", "{}", "unknown environment Quake, expected one of Acrobot-v1, CartPole-v1,")]
    [InlineData("FrozenLake-v1", "{\"mapname\":\"4x4\"}", "FrozenLake-v1: unknown argument mapname = \"4x4\"")]
    [InlineData("FrozenLake-v1", "{\"mapname\":\"4x4\"}", "did you mean map_name?")]
    [InlineData("FrozenLake-v1", "{\"map_name\":\"8by8\"}", "FrozenLake-v1: argument map_name is \"8by8\", expected 4x4, 8x8 or null")]
    [InlineData("FrozenLake-v1", "{\"is_slippery\":\"yes\"}", "FrozenLake-v1: argument is_slippery is \"yes\", expected true or false")]
    [InlineData("FrozenLake-v1", "{\"success_rate\":1.5}", "argument success_rate is 1.5, expected a number from 0 to 1")]
    [InlineData("FrozenLake-v1", "{\"reward_schedule\":[1,0]}", "argument reward_schedule is [1,0], expected a list of 3 numbers")]
    [InlineData("FrozenLake-v1", "{\"desc\":[\"SF\",\"G\"]}", "their lengths differ")]
    [InlineData("FrozenLake-v1", "{\"desc\":[\"SX\",\"FG\"]}", "'X' is not a tile")]
    [InlineData("FrozenLake-v1", "{\"desc\":[\"FF\",\"FG\"]}", "there is no S to start from")]
    [InlineData("FrozenLake-v1", "{\"desc\":[]}", "there are none")]
    [InlineData("FrozenLake-v1", "{\"desc\":7}", "argument desc is 7, expected a list of strings")]
    [InlineData("MountainCar-v0", "{\"goal_velocity\":true}", "argument goal_velocity is true, expected a number")]
    [InlineData("Taxi-v4", "{\"reward_threshold\":\"high\"}", "argument reward_threshold is \"high\", expected a number")]
    [InlineData("Taxi-v4", "{\"max_episode_steps\":0}", "argument max_episode_steps is 0, expected a whole number of at least 1")]
    public void An_unknown_or_invalid_name_or_argument_is_refused_in_one_line(string id, string kwargs, string said)
    {
        var e = Assert.Throws<InvalidOptionException>(() => _registry.Make(id, Arguments.Parse(kwargs)));

        Assert.Contains(said, e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', e.Message);
        Assert.Equal(2, e.ExitCode);
    }

    [Fact]
    public void Fewer_instances_than_one_are_refused() =>
        Assert.Contains("0 instances", Assert.Throws<InvalidOptionException>(() => _registry.MakeVector("Taxi-v4", 0)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("{}", 100)]
    [InlineData("{\"max_episode_steps\":null}", 100)]
    [InlineData("{\"max_episode_steps\":7}", 7)]
    [InlineData("{\"max_episode_steps\":-1}", null)]
    public void The_time_limit_can_be_replaced(string kwargs, int? limit) =>
        Assert.Equal(limit, _registry.GetSpec("FrozenLake-v1", Arguments.Parse(kwargs)).MaxEpisodeSteps);

    [Theory]
    [InlineData("Taxi-v4", "{}", 8.0)]
    [InlineData("Taxi-v4", "{\"reward_threshold\":null}", 8.0)]
    [InlineData("Taxi-v4", "{\"reward_threshold\":7.5}", 7.5)]
    [InlineData("CliffWalking-v1", "{}", null)]
    [InlineData("CliffWalking-v1", "{\"reward_threshold\":-13}", -13.0)]
    public void The_reward_threshold_can_be_replaced(string id, string kwargs, double? threshold) =>
        Assert.Equal(threshold, _registry.GetSpec(id, Arguments.Parse(kwargs)).RewardThreshold);

    [Fact]
    public void Classes_with_the_attribute_are_found_with_their_arguments()
    {
        Assert.Contains("Corridor-v0", _registry.RegisterAssembly(typeof(Corridor).Assembly));

        EnvironmentSpec spec = _registry.GetSpec("Corridor-v0", Arguments.Parse("{\"length\":20,\"step_cost\":true,\"starts\":[3]}"));
        Assert.Equal(new EnvironmentSpec("Corridor-v0", new BoxSpace(0, 20, [2]), new DiscreteSpace(2), 50, 0.9), spec);
        using IEnvironment environment = _registry.Make("Corridor-v0", Arguments.Parse("{\"starts\":[3.0],\"label\":\"x\"}"));
        Assert.Equal("x", environment.Find<Corridor>()!.Label);
        Assert.Equal(
            ["length", "step_cost", "label", "starts"],
            _registry.Registrations.Single(x => x.Id == "Corridor-v0").Parameters.Select(x => x.Name));
        Assert.Equal((null, null), (_registry.GetSpec("Broken-v0").MaxEpisodeSteps, _registry.GetSpec("Broken-v0").RewardThreshold));
    }

    [Theory]
    [InlineData("Corridor-v0", "{\"lenght\":20}", "unknown argument lenght = 20, expected one of length, step_cost, label, starts, max_episode_steps, reward_threshold; did you mean length?")]
    [InlineData("Corridor-v0", "{\"length\":2.5}", "Corridor-v0: argument length is 2.5, expected a whole number")]
    [InlineData("Corridor-v0", "{\"length\":99999999999}", "argument length is 99999999999, expected a whole number from -2147483648 to 2147483647")]
    [InlineData("Corridor-v0", "{\"length\":null}", "argument length is null, expected a whole number")]
    [InlineData("Corridor-v0", "{\"starts\":[true]}", "argument starts is [true], expected a list of items, each a number")]
    [InlineData("Broken-v0", "{\"breakage\":\"gone\"}", "argument breakage is \"gone\", expected one of none, not_a_number, infinity")]
    public void Arguments_of_a_users_constructor_are_checked(string id, string kwargs, string said)
    {
        _registry.RegisterAssembly(typeof(Corridor).Assembly);

        Assert.Contains(said, Assert.Throws<InvalidOptionException>(() => _registry.Make(id, Arguments.Parse(kwargs))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_assembly_file_shares_the_contracts_with_the_host()
    {
        _registry.RegisterAssembly(typeof(Corridor).Assembly.Location);

        using IEnvironment environment = _registry.Make("Corridor-v0");
        var observation = new byte[8];
        environment.Reset(1, observation);

        // Loaded a second time, in a separate context: another class, the same interface.
        Assert.Null(environment.Find<Corridor>());
        Assert.Equal(10, BitConverter.ToSingle(observation, 4));
    }

    [Fact]
    public void A_duplicate_id_is_refused_and_nothing_of_its_assembly_stays()
    {
        _registry.Register(new EnvironmentRegistration { Id = "Pixels-v0", Create = _ => new Pixels() });
        string[] before = [.. _registry.Ids];

        var e = Assert.Throws<InvalidOptionException>(() => _registry.RegisterAssembly(typeof(Corridor).Assembly));
        Assert.Contains("Pixels-v0 is already registered", e.Message, StringComparison.Ordinal);
        Assert.Equal(before, _registry.Ids);
    }

    [Fact]
    public void An_id_of_two_assemblies_is_refused_with_both_names()
    {
        _registry.RegisterAssembly(typeof(Corridor).Assembly);
        string path = typeof(Corridor).Assembly.Location;
        string message = Assert.Throws<InvalidOptionException>(() => _registry.RegisterAssembly(path)).Message;
        Assert.Matches($"^assembly {path}: environment id .* is already registered by assembly Krewe.Tests; expected an unused id", message);
    }

    [Fact]
    public void An_environment_that_cannot_be_made_is_refused_with_the_reason()
    {
        _registry.Register(new EnvironmentRegistration { Id = "Broke-v0", Create = _ => throw new TimeZoneNotFoundException("lost") });
        Assert.Equal("Broke-v0: making it threw TimeZoneNotFoundException: lost", Assert.Throws<InvalidOptionException>(() => _registry.GetSpec("Broke-v0")).Message);
    }

    [Fact]
    public void Files_that_are_no_environment_assembly_are_refused()
    {
        string text = Path.GetTempFileName();
        try
        {
            File.WriteAllText(text, "hello");
            Assert.Contains("not a .NET assembly", Refusal(text), StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(text);
        }

        Assert.Contains("no such file", Refusal("nowhere.dll"), StringComparison.Ordinal);
        Assert.Contains("declares no environment", Refusal(typeof(IEnvironment).Assembly.Location), StringComparison.Ordinal);

        string Refusal(string path)
        {
            string message = Assert.Throws<InvalidOptionException>(() => _registry.RegisterAssembly(path)).Message;
            Assert.StartsWith($"assembly {path}: ", message, StringComparison.Ordinal);
            return message;
        }
    }

    [Theory]
    [InlineData("cartpole-v1", "CartPole-v1")]
    [InlineData("CratPole-v1", "CartPole-v1")]
    [InlineData("Taxi", "Taxi-v4")]
    [InlineData("Frozenlake8x8", "FrozenLake8x8-v1")]
    [InlineData("Pong", null)]
    [InlineData("", null)]
    public void The_nearest_name_is_found(string name, string? expected) => Assert.Equal(expected, NearestName.Find(name, _registry.Ids));
}
