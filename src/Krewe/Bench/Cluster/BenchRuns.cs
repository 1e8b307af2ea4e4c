using System.Diagnostics;
using System.Globalization;
using Krewe.Contracts;
using Krewe.Learner;
using Krewe.Networks;
using Krewe.Runtime;

namespace Krewe.Cli;

/// <summary>Shared by the cluster's suites.</summary>
internal static class BenchRuns
{
    public const int Windows = 7;

    /// <summary>CartPole with a 4-64-64-2 network and one sample per insert.</summary>
    public static TrainingOptions CartPole(int actors, int environments) => new()
    {
        Run = { Steps = 1_000_000_000_000, CheckpointInterval = 1_000_000_000_000 },
        Environment = { Id = "CartPole-v1" },
        Actor = { Count = actors, Environments = environments, SegmentLength = 32, Epsilon = Schedule.Constant(0.05) },
        Replay = { Capacity = 1_000_000, MinSize = 100_000, SamplesPerInsert = 1 },
        Learner = { BatchSize = 1024 },
        Evaluation = { Interval = 1_000_000_000_000 },
    };

    /// <summary>Initial parameters of a network.</summary>
    public static float[] Parameters(RunPlan plan)
    {
        using var network = new MlpQNetwork(plan.Network, plan.Options.Learner, RandomStreams.Create(0, RandomStream.Network));
        var parameters = new float[plan.Network.ParameterCount];
        ((IQNetwork)network).ReadParameters(parameters);
        return parameters;
    }

    /// <summary>
    /// Parameters of a 4-64-64-2 network that balances the pole, so that episodes are as long, and segments end as rarely, as in most of a
    /// real run. Q is relu(z) for pushing right and relu(-z) for pushing left, where z is a weighted sum of the state.
    /// </summary>
    public static float[] Balancing(RunPlan plan)
    {
        ReadOnlySpan<float> weights = [0.1f, 0.5f, 6f, 3f];
        var parameters = new float[plan.Network.ParameterCount];
        const int Hidden = 64;
        for (int i = 0; i < weights.Length; i++)
        {
            parameters[i] = weights[i];
            parameters[weights.Length + i] = -weights[i];
        }

        int second = Hidden * (weights.Length + 1);
        parameters[second] = 1;
        parameters[second + Hidden + 1] = 1;
        int third = second + (Hidden * (Hidden + 1));
        parameters[third + 1] = 1;
        parameters[third + Hidden] = 1;
        return parameters;
    }

    /// <summary>Measures several counters at once, in windows.</summary>
    /// <param name="read">Reads them all.</param>
    /// <param name="seconds">Length of a window.</param>
    /// <param name="windows">Number of windows.</param>
    /// <returns>For each counter its rates, [windows].</returns>
    public static async Task<double[][]> Rates(Func<long[]> read, double seconds = 1, int windows = Windows)
    {
        await Task.Delay(TimeSpan.FromSeconds(2));
        long[] before = read();
        double[][] rates = [.. before.Select(_ => new double[windows])];
        for (int i = 0; i < windows; i++)
        {
            long began = Stopwatch.GetTimestamp();
            await Task.Delay(TimeSpan.FromSeconds(seconds));
            double elapsed = Stopwatch.GetElapsedTime(began).TotalSeconds;
            long[] now = read();
            for (int j = 0; j < now.Length; j++)
            {
                rates[j][i] = (now[j] - before[j]) / elapsed;
            }

            before = now;
        }

        return rates;
    }

    public static double Median(double[] values) => values.Order().ElementAt(values.Length / 2);

    public static BenchRow Row(string suite, string name, double[] values, string unit, double? goal, bool lowerIsBetter = false) =>
        new(suite, name, Median(values), unit, values.Min(), values.Max(), goal, lowerIsBetter);

    /// <summary>Bytes that the loopback interface has carried, with all headers; 0 where that is not known.</summary>
    public static long LoopbackBytes()
    {
        const string File = "/proc/net/dev";
        string? line = System.IO.File.Exists(File)
            ? System.IO.File.ReadLines(File).FirstOrDefault(line => line.TrimStart().StartsWith("lo:", StringComparison.Ordinal))
            : null;
        return line is null ? 0 : long.Parse(line.Split(':')[1].Split(' ', StringSplitOptions.RemoveEmptyEntries)[0], CultureInfo.InvariantCulture);
    }
}
