namespace Krewe.Tests;

/// <summary>Pearson's chi-square test of draws against the probabilities that they should have.</summary>
internal static class ChiSquare
{
    /// <summary>The statistic.</summary>
    /// <param name="counts">How often each outcome was drawn; an outcome that is not in <paramref name="probabilities"/> fails the test.</param>
    /// <param name="probabilities">The probability of every possible outcome.</param>
    public static double Statistic<T>(IReadOnlyDictionary<T, int> counts, IReadOnlyDictionary<T, double> probabilities)
        where T : notnull
    {
        Assert.Empty(counts.Keys.Except(probabilities.Keys));
        double draws = counts.Values.Sum();
        double sum = 0;
        foreach ((T outcome, double probability) in probabilities)
        {
            double expected = draws * probability;
            Assert.True(expected > 20, $"{expected} draws of {outcome} are too few for the chi-square approximation");
            double difference = counts.GetValueOrDefault(outcome) - expected;
            sum += difference * difference / expected;
        }

        return sum;
    }

    /// <summary>A bound that is exceeded by chance once in 10^9 times (Wilson and Hilferty 1931, z = 6).</summary>
    /// <param name="outcomes">Number of outcomes.</param>
    public static double Bound(int outcomes)
    {
        double spread = 2.0 / (9 * (outcomes - 1));
        return (outcomes - 1) * Math.Pow(1 - spread + (6 * Math.Sqrt(spread)), 3);
    }

    /// <summary>Throws unless the draws have the probabilities.</summary>
    /// <param name="counts">How often each outcome was drawn.</param>
    /// <param name="probabilities">The probability of every possible outcome.</param>
    public static void Check<T>(IReadOnlyDictionary<T, int> counts, IReadOnlyDictionary<T, double> probabilities)
        where T : notnull
    {
        double statistic = Statistic(counts, probabilities);
        double bound = Bound(probabilities.Count);
        Assert.True(statistic < bound, $"chi-square {statistic} over {probabilities.Count} outcomes, expected less than {bound}");
    }
}
