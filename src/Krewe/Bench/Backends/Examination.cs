using System.Globalization;
using System.Text;
using Krewe.Contracts;
using Krewe.Learner;
using Krewe.Networks;
using Krewe.Runtime;
using Krewe.Torch;

namespace Krewe.Cli;

/// <summary>The learner backends of this machine, measured for a second each on a run's network.</summary>
internal sealed record Examination
{
    // Four windows: a second for each backend.
    private static readonly TimeSpan Window = TimeSpan.FromMilliseconds(250);
    private const int Windows = 4;

    /// <summary>Widths of two hidden layers between which the faster backend may change.</summary>
    private static readonly int[] Widths = [64, 128, 256, 512, 1024];

    /// <summary>Processor, cores, vectors, runtime and system.</summary>
    public string Machine { get; } = MachineDescription.Current;

    /// <summary>Memory that this process may use, in 10^9 bytes.</summary>
    public double MemoryGb { get; } = Math.Round(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 1e9, 1);

    /// <summary>Versions and threads of libtorch; null if it cannot be loaded.</summary>
    public string? Libtorch { get; private init; }

    /// <summary>The GPUs found; null without libtorch.</summary>
    public string? Cuda { get; private init; }

    /// <summary>Why torch is not available; null if it is.</summary>
    public string? TorchError { get; private init; }

    /// <summary>The run's environment, network and batch size.</summary>
    public required string Run { get; init; }

    /// <summary>Updates per second of the managed backend; null if it does not support the layers or there is no backend to compare with.</summary>
    public double? SimdUpdatesPerS { get; private init; }

    /// <summary>Updates per second of torch; null if it is not available.</summary>
    public double? TorchUpdatesPerS { get; private init; }

    /// <summary>The device of torch: <c>cpu</c> or <c>cuda:N</c>; null if torch is not available.</summary>
    public string? Device { get; private init; }

    /// <summary>The backend to use; null if no available backend supports the network's layers.</summary>
    public string? Backend { get; private init; }

    /// <summary>The first of the measured widths of two hidden layers at which torch is faster; null for none, or if not measured.</summary>
    public int? CrossoverWidth { get; private init; }

    private bool HasSimd { get; init; }

    private int BatchSize { get; init; }

    /// <summary>Examines the backends.</summary>
    /// <param name="plan">The run.</param>
    public static Examination Of(RunPlan plan)
    {
        LearnerOptions learner = plan.Options.Learner;
        NetworkSpec network = plan.Policy as NetworkSpec
            ?? throw new InvalidOptionException($"agent.kind {plan.Agent.Kind} has no network, expected an agent that trains one");
        var found = new Examination
        {
            Run = string.Create(CultureInfo.InvariantCulture, $"{plan.Environment.Id}, {network}, batch {learner.BatchSize}"),
            HasSimd = network.Convolutions.IsEmpty,
            BatchSize = learner.BatchSize,
        };
        try
        {
            string device = TorchDevices.Resolve(learner.Device).Device.ToString();
            TorchThreads.Set(learner.Threads);
            (double? simd, double torch) = Measure(network, learner, device);
            return found with
            {
                Libtorch = $"{LibTorch.Version}; {TorchThreads.Describe()}",
                Cuda = CudaReport.Find().Explain(),
                SimdUpdatesPerS = simd,
                TorchUpdatesPerS = torch,
                Device = device,
                Backend = simd >= torch ? "simd" : "torch",
                CrossoverWidth = found.HasSimd ? Crossover(network, learner, device) : null,
            };
        }
        catch (InvalidOptionException e)
        {
            return found with { TorchError = e.Message, Backend = found.HasSimd ? "simd" : null };
        }
    }

    /// <summary>Formats the results, one per line.</summary>
    public string ToText()
    {
        var text = new StringBuilder();
        Line("machine", Machine);
        Line("memory", Invariant($"{MemoryGb:F1} GB"));
        if (TorchUpdatesPerS is not { } torch)
        {
            Line("torch", $"not available: {TorchError}");
            Line("choice", $"{Run}: {(HasSimd ? "learner.backend simd, the only one here" : "none: only torch has its layers")}");
            return text.ToString().TrimEnd();
        }

        Line("libtorch", Libtorch!);
        Line("cuda", Cuda!);
        Line("simd", SimdUpdatesPerS is { } rate ? Rate(rate) : "does not support all layers of this network");
        Line("torch", $"{Rate(torch)} on {Device}");
        Line("choice", $"{Run}: {Choice(SimdUpdatesPerS, torch)}");
        if (HasSimd)
        {
            string what = Invariant($"with two hidden layers and batch {BatchSize}");
            Line("crossover", CrossoverWidth is { } width
                ? Invariant($"torch on {Device} is faster from a width of about {width} on, {what}")
                : Invariant($"simd is faster up to a width of {Widths[^1]} at least, {what}"));
        }

        return text.ToString().TrimEnd();

        void Line(string name, string value) => text.Append(name.PadRight(10)).AppendLine(value);
    }

    private static string Choice(double? simd, double torch) => simd switch
    {
        null => "learner.backend torch, the only one with its layers",
        { } rate when rate >= torch => Invariant($"learner.backend simd, {rate / torch:F1} times as fast: with a small network torch spends its time between operations"),
        { } rate => Invariant($"learner.backend torch, {torch / rate:F1} times as fast: the matrix products are large enough to pay for its overhead"),
    };

    /// <summary>The first width, of two hidden layers with this run's inputs, actions and batch, at which torch is faster; null for none.</summary>
    private static int? Crossover(NetworkSpec network, LearnerOptions learner, string device)
    {
        foreach (int width in Widths)
        {
            var wider = new NetworkSpec(
                network.ElementType, network.ObservationLength, network.InputWidth, network.Architecture with { Hidden = [width, width] }, network.ActionCount, image: null);
            (double? simd, double torch) = Measure(wider, learner, device);
            if (torch > simd)
            {
                return width;
            }
        }

        return null;
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
