using Krewe.Contracts;

namespace Krewe.Cli;

/// <summary>Statistics over the seeds of one setting (Agarwal et al. 2021, "Deep Reinforcement Learning at the Edge of the Statistical Precipice").</summary>
public static class SeedStatistics
{
    private const int Resamples = 10_000;

    /// <summary>The median.</summary>
    /// <param name="values">At least one value; infinity counts as the largest.</param>
    public static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        int middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 || sorted[middle - 1] == sorted[middle] ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    /// <summary>The interquartile mean: the mean without the lowest and the highest quarter, rounded down to whole values.</summary>
    /// <param name="values">At least one value.</param>
    public static double InterquartileMean(IReadOnlyList<double> values)
    {
        int cut = values.Count / 4;
        return values.Order().Skip(cut).Take(values.Count - (2 * cut)).Average();
    }

    /// <summary>The 95 % percentile bootstrap interval of the interquartile mean, over seeds.</summary>
    /// <param name="values">At least one value.</param>
    public static (double Low, double High) Interval(IReadOnlyList<double> values)
    {
        var random = new Pcg64(0);
        var sample = new double[values.Count];
        var means = new double[Resamples];
        for (int i = 0; i < Resamples; i++)
        {
            for (int j = 0; j < sample.Length; j++)
            {
                sample[j] = values[random.NextInt(values.Count)];
            }

            means[i] = InterquartileMean(sample);
        }

        Array.Sort(means);
        return (means[(int)(0.025 * Resamples)], means[(int)(0.975 * Resamples) - 1]);
    }
}
