using System.Diagnostics;
using Krewe.Hosting.Bench;

namespace Krewe.Bench;

/// <summary>Measures rates in short windows: the median tells the speed, the spread tells how noisy the machine was.</summary>
internal static class Measurement
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

    /// <summary>A row from sorted figures.</summary>
    public static BenchRow Row(string suite, string name, double[] sorted, string unit, double? goal, bool lowerIsBetter = false) =>
        new(suite, name, sorted[sorted.Length / 2], unit, sorted[0], sorted[^1], goal, lowerIsBetter);

    /// <summary>A row for allocation: the goal is none at all.</summary>
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
