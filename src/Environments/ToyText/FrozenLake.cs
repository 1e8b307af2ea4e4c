using System.Collections.Immutable;
using Krewe.Contracts;

namespace Krewe.Environments;

/// <summary>
/// <c>FrozenLake-v1</c>: cross a frozen lake to the goal without falling into a hole. Actions: left (0), down (1), right (2), up
/// (3); on slippery ice a move may go to either side instead. Observation: row * columns + column.
/// </summary>
/// <remarks>Gymnasium 1.3, <c>FrozenLake-v1</c>, with its <c>success_rate</c> and <c>reward_schedule</c>.</remarks>
public sealed class FrozenLake : TabularEnvironment
{
    private const int Left = 0;
    private const int Down = 1;
    private const int Right = 2;

    private static readonly TransitionTableCache<Ice> Tables = new();

    /// <summary>Creates the environment.</summary>
    /// <param name="map">Rows of S, F, H and G, all of the same length; at least one S.</param>
    /// <param name="slippery">Whether a move may go to either side instead.</param>
    /// <param name="successRate">Probability of moving in the intended direction on slippery ice; each side gets half of the rest.</param>
    /// <param name="goalReward">Reward for reaching the goal.</param>
    /// <param name="holeReward">Reward for falling into a hole.</param>
    /// <param name="frozenReward">Reward for any other step.</param>
    /// <exception cref="ArgumentException">The map is invalid.</exception>
    public FrozenLake(
        ImmutableArray<string> map,
        bool slippery = true,
        double successRate = 1.0 / 3.0,
        double goalReward = 1,
        double holeReward = 0,
        double frozenReward = 0)
        : base(Tables.Get(new Ice(Checked(map), map[0].Length, slippery, successRate, goalReward, holeReward, frozenReward), Build)) => Map = map;

    /// <summary>The map.</summary>
    public ImmutableArray<string> Map { get; }

    /// <summary>Creates the environment from Gymnasium's keyword arguments.</summary>
    /// <param name="arguments">The arguments.</param>
    /// <param name="defaultMap">The default of <c>map_name</c>.</param>
    /// <exception cref="InvalidOptionException">An argument is invalid.</exception>
    internal static FrozenLake Create(EnvironmentArguments arguments, string defaultMap)
    {
        ImmutableArray<string>? given = arguments.TextList("desc");
        ImmutableArray<string> map = given ?? Named(arguments, defaultMap);
        if (given is not null && MapError(map) is { } error)
        {
            throw arguments.Wrong("desc", $"expected rows of S, F, H and G: {error}");
        }

        ImmutableArray<double> rewards = arguments.NumberList("reward_schedule", 3) ?? [1, 0, 0];
        return new FrozenLake(
            map,
            arguments.Boolean("is_slippery", true),
            arguments.Number("success_rate", 1.0 / 3.0, 0, 1),
            rewards[0],
            rewards[1],
            rewards[2]);
    }

    private static ImmutableArray<string> Named(EnvironmentArguments arguments, string defaultMap)
    {
        string? name = arguments.Text("map_name", defaultMap);
        if (name is null)
        {
            return FrozenLakeMap.Random();
        }

        return FrozenLakeMap.Named.TryGetValue(name, out ImmutableArray<string> map) ? map
            : throw arguments.Wrong("map_name", $"expected 4x4, 8x8 or null for a random map{NearestName.Suggestion(name, FrozenLakeMap.Named.Keys)}");
    }

    private static string? MapError(ImmutableArray<string> map) =>
        map.IsEmpty || map[0].Length == 0 ? "there are none"
        : map.Any(row => row.Length != map[0].Length) ? "their lengths differ"
        : string.Concat(map).FirstOrDefault(tile => !"SFHG".Contains(tile, StringComparison.Ordinal)) is var odd and not '\0' ? $"'{odd}' is not a tile"
        : !map.Any(row => row.Contains('S', StringComparison.Ordinal)) ? "there is no S to start from"
        : null;

    private static string Checked(ImmutableArray<string> map) => MapError(map) is { } error
        ? throw new ArgumentException($"a map consists of rows of S, F, H and G: {error}", nameof(map))
        : string.Concat(map);

    private static TransitionTable Build(Ice ice)
    {
        (string tiles, int columns) = (ice.Tiles, ice.Columns);
        int rows = tiles.Length / columns;
        double starts = tiles.Count(tile => tile == 'S');
        double failRate = (1.0 - ice.SuccessRate) / 2.0;
        return new TransitionTable(tiles.Length, 4, [.. tiles.Select(tile => tile == 'S' ? 1 / starts : 0)], Outcomes);

        IEnumerable<Transition> Outcomes(int state, int action) =>
            tiles[state] is 'G' or 'H' ? [new(1.0, state, 0, true)]
            : ice.Slippery ? [Move(failRate, state, (action + 3) % 4), Move(ice.SuccessRate, state, action), Move(failRate, state, (action + 1) % 4)]
            : [Move(1.0, state, action)];

        Transition Move(double probability, int state, int direction)
        {
            (int row, int column) = (state / columns, state % columns);
            int next = direction switch
            {
                Left => (row * columns) + Math.Max(column - 1, 0),
                Down => (Math.Min(row + 1, rows - 1) * columns) + column,
                Right => (row * columns) + Math.Min(column + 1, columns - 1),
                _ => (Math.Max(row - 1, 0) * columns) + column,
            };
            return tiles[next] switch
            {
                'G' => new(probability, next, ice.Goal, true),
                'H' => new(probability, next, ice.Hole, true),
                _ => new(probability, next, ice.Frozen, false),
            };
        }
    }

    // Everything that the table depends on. Goal, Hole and Frozen are the rewards for reaching such a tile.
    private sealed record Ice(string Tiles, int Columns, bool Slippery, double SuccessRate, double Goal, double Hole, double Frozen);
}
