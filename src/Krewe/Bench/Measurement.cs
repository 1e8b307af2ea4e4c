using System.Diagnostics;

namespace Krewe.Cli;

/// <summary>Measures rates in short windows: the median tells the speed, the spread tells how noisy the machine was.</summary>
public static class Measurement
{
    private const int Windows = 7;
    private static readonly TimeSpan Warmup = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan Window = TimeSpan.FromMilliseconds(300);

    /// <summary>Calls <paramref name="work"/> again and again and counts what it says it did.</summary>
    /// <param name="work">Does a few milliseconds of work or less; returns how many units it did.</param>
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
    /// Measures several things that are to be compared: window by window, one after the other, so that all see the same noise.
    /// </summary>
    /// <param name="window">Length of a window.</param>
    /// <param name="windows">How many windows each gets, after one that does not count.</param>
    /// <param name="works">As of <see cref="Rate"/>.</param>
    /// <returns>For each its units per second, [windows], in the order of time.</returns>
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

    /// <summary>A row from sorted figures.</summary>
    /// <param name="suite">The suite.</param>
    /// <param name="name">What was measured.</param>
    /// <param name="sorted">The figures.</param>
    /// <param name="unit">Their unit.</param>
    /// <param name="goal">What should be reached; null for none.</param>
    /// <param name="lowerIsBetter">Whether the goal is an upper bound.</param>
    public static BenchRow Row(string suite, string name, double[] sorted, string unit, double? goal, bool lowerIsBetter = false) =>
        new(suite, name, sorted[sorted.Length / 2], unit, sorted[0], sorted[^1], goal, lowerIsBetter);

    /// <summary>A row for allocation: the goal is none at all.</summary>
    /// <param name="suite">The suite.</param>
    /// <param name="name">What was measured.</param>
    /// <param name="bytes">Bytes a unit.</param>
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
