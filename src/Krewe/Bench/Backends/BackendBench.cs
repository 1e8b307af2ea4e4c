using System.Globalization;
using Krewe.Networks;
using Krewe.Torch;

namespace Krewe.Cli;

/// <summary>Updates per second of each backend, side by side, and of plain TorchSharp.</summary>
internal static class BackendBench
{
    private const int Windows = 5;
    private static readonly TimeSpan Window = TimeSpan.FromMilliseconds(300);

    /// <summary>Measures.</summary>
    /// <param name="device">The device, as in <c>learner.device</c>.</param>
    /// <param name="threads">Threads of an update on the CPU.</param>
    public static IEnumerable<BenchRow> Run(string device, int threads)
    {
        string where = TorchDevices.Resolve(device).Device.ToString();
        TorchThreads.Set(threads);
        Console.Error.WriteLine($"{LibTorch.Version}; {TorchThreads.Describe()}; torch computes on {where}");
        using var gpu = new GpuUtilization(where);
        foreach (NetworkSpec network in BackendCase.Networks)
        {
            foreach (int batchSize in new[] { 32, 64, 512 })
            {
                using var one = new BackendCase(network, batchSize, where, threads);
                foreach (BenchRow row in Rows(one, where, threads, gpu))
                {
                    yield return row;
                }
            }
        }
    }

    private static IEnumerable<BenchRow> Rows(BackendCase one, string where, int threads, GpuUtilization gpu)
    {
        string name = string.Create(CultureInfo.InvariantCulture, $"{one.Spec}, batch {one.BatchSize}");
        double[] simd = [];
        if (one.Simd() is { } managed)
        {
            simd = Measurement.Together(Window, Windows, managed)[0];
            yield return BenchRuns.Row("backends", threads == 1 ? $"{name}: simd, one thread" : $"{name}: simd, learner.threads {threads}", simd, "updates/s", null);
        }

        gpu.Take();
        Func<long>? alone = one.Bare();
        double[][] rates = Measurement.Together(Window, Windows, alone is null ? [one.Torch()] : [one.Torch(), alone]);
        yield return BenchRuns.Row("backends", $"{name}: torch, {where}", rates[0], "updates/s", null);
        if (alone is not null)
        {
            yield return BenchRuns.Row("backends", $"{name}: TorchSharp alone", rates[1], "updates/s", null);
            double[] ratios = [.. rates[0].Zip(rates[1], (torch, bare) => torch / bare)];
            yield return BenchRuns.Row("backends", $"{name}: torch against TorchSharp alone", ratios, "ratio", 0.95);
        }

        if (simd.Length > 0)
        {
            double ratio = BenchRuns.Median(rates[0]) / BenchRuns.Median(simd);
            yield return new BenchRow("backends", $"{name}: torch against simd", ratio, "ratio", rates[0].Min() / simd.Max(), rates[0].Max() / simd.Min(), null);
        }

        if (gpu.Take() is { } percent)
        {
            yield return new BenchRow("backends", $"{name}: device utilization over both loops", percent, "%", percent, percent, null);
        }
    }
}
