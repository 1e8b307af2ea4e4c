using System.Diagnostics;

namespace Krewe.Cli;

/// <summary>Measures rates in short windows: the median is the speed, the spread shows the noise of the machine.</summary>
public static class Measurement
{
    private const int Windows = 7;
    private static readonly TimeSpan Warmup = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan Window = TimeSpan.FromMilliseconds(300);

    /// <summary>Calls <paramref name="work"/> repeatedly and sums the units that it reports.</summary>
    /// <param name="work">Runs for a few milliseconds at most and returns the number of units done.</param>
    /// <returns>Units per second of each window, sorted, and bytes allocated per unit by this thread over all windows.</returns>
    public static (double[] Rates, double BytesPerUnit) Rate(Func<long> work)
    {
        Run(work, Warmup);
        var rates = new double[Windows];
        long allocated = GC.GetAllocatedBytesForCurrentThread();
        long units = 0;
        for (int i = 0; i < Windows; i++)
        {
            (long done, double seconds) = Run(work, Window);
            rates[i] = done / seconds;
            units += done;
        }

        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
        Array.Sort(rates);
        return (rates, (double)allocated / units);
    }

    /// <summary>
    /// Measures several rates to be compared: window by window in turn, so that all are subject to the same noise.
    /// </summary>
    /// <param name="window">Length of a window.</param>
    /// <param name="windows">Windows for each rate, after a warm-up window.</param>
    /// <param name="works">As of <see cref="Rate"/>.</param>
    /// <returns>For each rate its units per second, [windows], in order of time.</returns>
    public static double[][] Together(TimeSpan window, int windows, params Func<long>[] works)
    {
        double[][] rates = [.. works.Select(_ => new double[windows])];
        for (int i = -1; i < windows; i++)
        {
            for (int j = 0; j < works.Length; j++)
            {
                (long done, double seconds) = Run(works[j], window);
                if (i >= 0)
                {
                    rates[j][i] = done / seconds;
                }
            }
        }

        return rates;
    }

    /// <summary>Creates a row from sorted values.</summary>
    /// <param name="suite">The suite.</param>
    /// <param name="name">Measured quantity.</param>
    /// <param name="sorted">The values.</param>
    /// <param name="unit">Their unit.</param>
    /// <param name="goal">The value to reach; null for none.</param>
    /// <param name="lowerIsBetter">Whether the goal is an upper bound.</param>
    public static BenchRow Row(string suite, string name, double[] sorted, string unit, double? goal, bool lowerIsBetter = false) =>
        new(suite, name, sorted[sorted.Length / 2], unit, sorted[0], sorted[^1], goal, lowerIsBetter);

    /// <summary>Creates a row for allocation; the goal is 0.</summary>
    /// <param name="suite">The suite.</param>
    /// <param name="name">Measured quantity.</param>
    /// <param name="bytes">Bytes per unit.</param>
    /// <param name="unit">The unit.</param>
    public static BenchRow AllocationRow(string suite, string name, double bytes, string unit) =>
        new(suite, name, bytes, unit, bytes, bytes, 0, LowerIsBetter: true);

    private static (long Done, double Seconds) Run(Func<long> work, TimeSpan duration)
    {
        long done = 0;
        long start = Stopwatch.GetTimestamp();
        TimeSpan elapsed;
        do
        {
            done += work();
            elapsed = Stopwatch.GetElapsedTime(start);
        }
        while (elapsed < duration);
        return (done, elapsed.TotalSeconds);
    }
}
