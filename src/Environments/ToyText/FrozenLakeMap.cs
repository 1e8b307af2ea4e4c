using System.Collections.Immutable;
using System.Security.Cryptography;
using Krewe.Contracts;

namespace Krewe.Environments;

/// <summary>The maps of <see cref="FrozenLake"/>: rows of S (start), F (frozen), H (hole) and G (goal).</summary>
public static class FrozenLakeMap
{
    /// <summary>Gymnasium's two maps by name, <c>4x4</c> and <c>8x8</c>.</summary>
    public static ImmutableDictionary<string, ImmutableArray<string>> Named { get; } = ImmutableDictionary.CreateRange(
        StringComparer.Ordinal,
        [
            KeyValuePair.Create<string, ImmutableArray<string>>("4x4", ["SFFF", "FHFH", "FFFH", "HFFG"]),
            KeyValuePair.Create<string, ImmutableArray<string>>(
                "8x8",
                ["SFFFFFFF", "FFFFFFFF", "FFFHFFFF", "FFFFFHFF", "FFFHFFFF", "FHHFFFHF", "FHFFHFHF", "FFFHFFFG"]),
        ]);

    /// <summary>Generates a random square map whose goal is reachable. A seed gives the same map as Gymnasium's <c>generate_random_map</c>.</summary>
    /// <param name="size">Number of rows and columns, at least 2.</param>
    /// <param name="frozen">Probability that a tile is frozen rather than a hole.</param>
    /// <param name="seed">The seed; null for a random one.</param>
    public static ImmutableArray<string> Random(int size = 8, double frozen = 0.8, ulong? seed = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 2);
        frozen = Math.Min(1, frozen);
        double edge = frozen / (frozen + (1 - frozen));
        var random = new Pcg64(seed ?? BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong))));
        var board = new char[size * size];
        do
        {
            for (int i = 0; i < board.Length; i++)
            {
                board[i] = random.NextDouble() < edge ? 'F' : 'H';
            }

            (board[0], board[^1]) = ('S', 'G');
        }
        while (!GoalIsReachable(board, size));

        return [.. Enumerable.Range(0, size).Select(row => new string(board, row * size, size))];
    }

    private static bool GoalIsReachable(char[] board, int size)
    {
        var seen = new bool[board.Length];
        var frontier = new Stack<int>([0]);
        while (frontier.TryPop(out int tile))
        {
            if (seen[tile] || board[tile] == 'H')
            {
                continue;
            }

            seen[tile] = true;
            if (board[tile] == 'G')
            {
                return true;
            }

            (int row, int column) = (tile / size, tile % size);
            PushIf(row > 0, tile - size);
            PushIf(row < size - 1, tile + size);
            PushIf(column > 0, tile - 1);
            PushIf(column < size - 1, tile + 1);
        }

        return false;

        void PushIf(bool inside, int tile)
        {
            if (inside)
            {
                frontier.Push(tile);
            }
        }
    }
}
