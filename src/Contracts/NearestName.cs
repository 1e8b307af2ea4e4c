namespace Krewe.Contracts;

/// <summary>Finds the name that the user probably meant, for messages about unknown names.</summary>
public static class NearestName
{
    /// <summary>
    /// Returns the candidate with the smallest edit distance to a name (insertions, deletions, replacements and swaps of adjacent
    /// characters, ignoring case), or null if none is close enough to suggest.
    /// </summary>
    /// <param name="name">The unknown name.</param>
    /// <param name="candidates">The known names.</param>
    public static string? Find(string name, IEnumerable<string> candidates)
    {
        string? nearest = null;
        double best = double.PositiveInfinity;
        foreach (string candidate in candidates)
        {
            int distance = Distance(name, candidate);

            // A prefix ("CartPole" for "CartPole-v1") is many edits away, but a likely match.
            bool begins = name.Length >= 3 && candidate.StartsWith(name, StringComparison.OrdinalIgnoreCase);
            int bound = Math.Max(1, Math.Max(name.Length, candidate.Length) * 2 / 5);
            double score = begins ? distance / (1.0 + distance) : distance;
            if ((begins || distance <= bound) && score < best)
            {
                (nearest, best) = (candidate, score);
            }
        }

        return nearest;
    }

    /// <summary>Returns the end of a message, <c>; did you mean X?</c>, or an empty string if no candidate is close enough.</summary>
    /// <param name="name">The unknown name.</param>
    /// <param name="candidates">The known names.</param>
    public static string Suggestion(string name, IEnumerable<string> candidates) =>
        Find(name, candidates) is { } nearest ? $"; did you mean {nearest}?" : "";

    // Optimal string alignment distance with three rolling rows.
    private static int Distance(string a, string b)
    {
        var before = new int[b.Length + 1];
        var previous = new int[b.Length + 1];
        var current = new int[b.Length + 1];
        for (int j = 0; j <= b.Length; j++)
        {
            previous[j] = j;
        }

        for (int i = 1; i <= a.Length; i++)
        {
            current[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int cost = Same(a[i - 1], b[j - 1]) ? 0 : 1;
                current[j] = Math.Min(Math.Min(previous[j] + 1, current[j - 1] + 1), previous[j - 1] + cost);
                if (i > 1 && j > 1 && Same(a[i - 1], b[j - 2]) && Same(a[i - 2], b[j - 1]))
                {
                    current[j] = Math.Min(current[j], before[j - 2] + 1);
                }
            }

            (before, previous, current) = (previous, current, before);
        }

        return previous[b.Length];
    }

    private static bool Same(char x, char y) => char.ToUpperInvariant(x) == char.ToUpperInvariant(y);
}
