using System.Runtime.InteropServices;
using Krewe.Contracts;
using Krewe.Environments;

namespace Krewe.Tests;

public class ToyTextTests
{
    private readonly EnvironmentRegistry _registry = EnvironmentRegistry.CreateDefault();

    /// <summary>Recorded from Gymnasium 1.3: the passenger changes the destination in the 22nd step, with extra draws in between.</summary>
    [Fact]
    public void A_fickle_passenger_in_the_rain_matches_Gymnasium()
    {
        int[] actions = [1, 1, 1, 1, 0, 3, 2, 3, 2, 2, 1, 0, 1, 5, 2, 2, 3, 0, 4, 5, 4, 1, 0, 2, 5];
        int[] states =
        [
            214, 114, 114, 134, 234, 334, 354, 254, 154, 174, 194, 294, 274, 274, 374, 394, 374, 474, 478, 474, 478, 376, 476, 476, 472,
        ];
        using IEnvironment environment = _registry.Make(
            "Taxi-v4",
            Arguments.Parse("{\"is_rainy\":true,\"fickle_passenger\":true,\"rainy_probability\":0.65,\"fickle_probability\":0.9}"));
        var observation = new byte[4];
        environment.Reset(0, observation);
        Assert.Equal(314, MemoryMarshal.Read<int>(observation));

        Assert.Equal(states, actions.Select(action =>
        {
            environment.Step(action, observation);
            return MemoryMarshal.Read<int>(observation);
        }));
    }

    [Fact]
    public void A_move_in_the_rain_goes_ahead_or_to_a_side_and_stays_where_the_way_is_blocked()
    {
        TransitionTable table = new Taxi(isRainy: true).Table;
        int state = ((2 * 5) + 2) * 20; // the middle of the grid, no walls around

        Assert.Equal([340, 260, 220], NextStates(state, 0));
        Assert.Equal([140, 220, 260], NextStates(state, 1));
        Assert.Equal([260, 140, 340], NextStates(state, 2));
        Assert.Equal([220, 340, 140], NextStates(state, 3));
        Assert.Equal([20, 20, 20], NextStates(20, 2)); // a wall on the right of column 1
        Assert.Equal([0.8, 0.09999999999999998, 0.09999999999999998], table[state, 0].ToArray().Select(x => x.Probability));
        Assert.Equal([state], NextStates(state, 4));

        IEnumerable<int> NextStates(int from, int action) => table[from, action].ToArray().Select(x => x.NextState);
    }

    [Fact]
    public void Slippery_ice_has_the_probabilities_and_rewards_that_it_was_given()
    {
        var lake = (FrozenLake)_registry.Make(
            "FrozenLake-v1",
            Arguments.Parse("{\"desc\":[\"SFS\",\"HFG\"],\"success_rate\":0.5,\"reward_schedule\":[5,-2,-0.1]}")).Find<TabularEnvironment>()!;

        Assert.Equal(["SFS", "HFG"], lake.Map.ToArray());
        Assert.Equal([0.5, 0, 0.5, 0, 0, 0], lake.Table.Initial.ToArray());
        Assert.Equal(
            [new Transition(0.25, 3, -2, true), new Transition(0.5, 4, -0.1, false), new Transition(0.25, 5, 5, true)],
            [lake.Table[0, 0][2], lake.Table[1, 1][1], lake.Table[4, 3][0]]);
        Assert.Equal([new Transition(1, 5, 0, true)], lake.Table[5, 0].ToArray());
    }

    [Fact]
    public void A_map_is_taken_as_letters_too()
    {
        using IEnvironment environment = _registry.Make("FrozenLake-v1", Arguments.Parse("{\"desc\":[[\"S\",\"F\"],[\"H\",\"G\"]]}"));

        Assert.Equal(["SF", "HG"], environment.Find<FrozenLake>()!.Map.ToArray());
    }

    [Fact]
    public void Random_maps_are_those_of_Gymnasium()
    {
        Assert.Equal(["SFFFH", "FFFHF", "HFFFF", "FHFFH", "FFHFG"], FrozenLakeMap.Random(5, 0.7, seed: 1).ToArray());
        Assert.Equal(["SFHFF", "HFFFF", "FFFFF", "FHFFF", "FFHHG"], FrozenLakeMap.Random(5, 0.7, seed: 2).ToArray());
        Assert.Equal(["SFHFF", "FFFHF", "FFFFH", "HFFFF", "FHFFG"], FrozenLakeMap.Random(5, 0.7, seed: 3).ToArray());

        using IEnvironment environment = _registry.Make("FrozenLake-v1", Arguments.Parse("{\"map_name\":null}"));
        Assert.Equal(64, environment.Find<FrozenLake>()!.Table.States);
    }

    [Theory]
    [InlineData("CliffWalking-v1", "{}", 1)]
    [InlineData("CliffWalking-v1", "{\"is_slippery\":true}", 3)]
    [InlineData("CliffWalkingSlippery-v1", "{}", 3)]
    [InlineData("CliffWalkingSlippery-v1", "{\"is_slippery\":false}", 1)]
    public void The_cliff_is_slippery_by_id_or_by_argument(string id, string kwargs, int outcomes)
    {
        using IEnvironment environment = _registry.Make(id, Arguments.Parse(kwargs));
        ReadOnlySpan<Transition> up = environment.Find<TabularEnvironment>()!.Table[36, 0];

        Assert.Equal(outcomes, up.Length);
        Assert.Equal(1.0 / outcomes, up[0].Probability);
        Assert.Equal(outcomes == 1 ? [24] : [36, 24, 36], up.ToArray().Select(x => x.NextState));
    }

    [Fact]
    public void Instances_with_the_same_arguments_share_their_table() => Assert.Same(new Taxi(isRainy: true).Table, new Taxi(isRainy: true, ficklePassenger: true).Table);
}
