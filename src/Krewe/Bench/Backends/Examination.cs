using System.Globalization;
using Krewe.Contracts;
using Krewe.Learner;
using Krewe.Networks;
using Krewe.Runtime;
using Krewe.Torch;

namespace Krewe.Cli;

/// <summary>Measures each backend for a second on a run's network and reports the faster one and the width where that changes.</summary>
internal static class Examination
{
    // Four windows: a second for each backend.
    private static readonly TimeSpan Window = TimeSpan.FromMilliseconds(250);
    private const int Windows = 4;

    /// <summary>Widths of two hidden layers between which the faster backend may change.</summary>
    private static readonly int[] Widths = [64, 128, 256, 512, 1024];

    public static void Run(RunPlan plan, TextWriter output)
    {
        LearnerOptions learner = plan.Options.Learner;
        string name = string.Create(CultureInfo.InvariantCulture, $"{plan.Environment.Id}, {plan.Network}, batch {learner.BatchSize}");
        string device;
        try
        {
            device = TorchDevices.Resolve(learner.Device).Device.ToString();
            TorchThreads.Set(learner.Threads);
            output.WriteLine($"libtorch  {LibTorch.Version}; {TorchThreads.Describe()}");
            output.WriteLine($"cuda      {CudaReport.Find().Explain()}");
        }
        catch (KreweException e)
        {
            output.WriteLine($"torch     not available: {e.Message}");
            output.WriteLine(plan.Network.Architecture.IsPlain
                ? $"choice    {name}: learner.backend simd, the only one here"
                : $"choice    {name}: none: only torch has its layers");
            return;
        }

        (double? simd, double torch) = Measure(plan.Network, learner, device);
        output.WriteLine($"simd      {(simd is { } rate ? $"{Rate(rate)}" : "does not support all layers of this network")}");
        output.WriteLine($"torch     {Rate(torch)} on {device}");
        output.WriteLine($"choice    {name}: {Choice(simd, torch)}");
        if (plan.Network.Architecture.IsPlain)
        {
            output.WriteLine($"crossover {Crossover(plan.Network, learner, device)}");
        }
    }

    private static string Choice(double? simd, double torch) => simd switch
    {
        null => "learner.backend torch, the only one with its layers",
        { } rate when rate >= torch => Invariant($"learner.backend simd, {rate / torch:F1} times as fast: with a small network torch spends its time between operations"),
        { } rate => Invariant($"learner.backend torch, {torch / rate:F1} times as fast: the matrix products are large enough to pay for its overhead"),
    };

    /// <summary>The first width, of two hidden layers with this run's inputs, actions and batch, at which torch is faster.</summary>
    private static string Crossover(NetworkSpec network, LearnerOptions learner, string device)
    {
        string what = Invariant($"with two hidden layers and batch {learner.BatchSize}");
        foreach (int width in Widths)
        {
            var wider = new NetworkSpec(network.ElementType, network.ObservationLength, network.InputWidth, [width, width], network.ActionCount);
            (double? simd, double torch) = Measure(wider, learner, device);
            if (torch > simd)
            {
                return Invariant($"torch on {device} is faster from a width of about {width} on, {what}");
            }
        }

        return Invariant($"simd is faster up to a width of {Widths[^1]} at least, {what}");
    }

    private static (double? Simd, double Torch) Measure(NetworkSpec network, LearnerOptions learner, string device)
    {
        using var one = new BackendCase(network, learner.BatchSize, device, learner.Threads);
        double torch = Best(one.Torch());
        return (one.Simd() is { } simd ? Best(simd) : null, torch);
    }

    private static double Best(Func<long> updates) => BenchRuns.Median(Measurement.Together(Window, Windows, updates)[0]);

    private static string Rate(double rate) => Invariant($"{rate:N0} updates/s");

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
