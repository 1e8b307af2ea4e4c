using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Krewe.Contracts;
using Krewe.Environments;
using Krewe.Learner;
using Krewe.Networks;
using Krewe.Replay;
using Krewe.Torch;

namespace Krewe.Cli;

/// <summary>
/// Updates of DQN and C51 per second: the learner loop as in training, including sampling from a full replay of 100,000 slots. Beside each
/// speed, its share of the machine's limit, and its ratio to libtorch on the same loop where libtorch is there.
/// </summary>
internal static class LearningBench
{
    private const int Windows = 7;
    private static readonly TimeSpan Window = TimeSpan.FromMilliseconds(300);

    public static IEnumerable<BenchRow> Run()
    {
        BenchRow peak = FmaPeak.Run();
        yield return peak;
        bool hasTorch = HasTorch();
        HeadSpec categorical = HeadSpec.Categorical(atoms: 51, low: 0, high: 100);
        foreach ((ImmutableArray<int> hidden, HeadSpec head, int batchSize, double? goal) in new (ImmutableArray<int>, HeadSpec, int, double?)[]
        {
            ([64, 64], HeadSpec.Value, 64, 40_000),
            ([256, 256], HeadSpec.Value, 64, 5_000),
            ([256, 256], HeadSpec.Value, 512, 750),
            ([64, 64], categorical, 64, null),
            ([256, 256], categorical, 64, null),
        })
        {
            ShardedReplay replay = BenchData.FullReplay(100_000, nStep: 1, batchSize);
            NetworkSpec spec = Network(hidden, head);
            string name = $"{spec}, batch {batchSize}";
            using ILearner learner = Create(spec, batchSize, threads: 1, replay);
            (double[] rates, double bytes) = Measurement.Rate(Updates(learner));
            BenchRow speed = Measurement.Row("learning", $"{name}, Adam, one thread", rates, "updates/s", goal);
            yield return speed;
            yield return ShareOf(peak, speed, $"{name}: share of the FMA limit, counted densely", (double)Operations(spec) * batchSize);
            yield return Measurement.AllocationRow("learning", $"{name}: allocation", bytes, "bytes/update");
            if (hasTorch)
            {
                using ILearner torch = Create(spec, batchSize, threads: 1, replay, BackendKind.Torch);
                yield return Ratio($"{name}: against libtorch, one thread", Updates(torch), Updates(learner), goal: null);
            }
        }

        foreach ((ImmutableArray<int> hidden, int batchSize, double goal) in new (ImmutableArray<int>, int, double)[]
        {
            ([64, 64], 64, 0.97),
            ([256, 256], 64, 1),
            ([256, 256], 512, 1.7),
        })
        {
            if (Environment.ProcessorCount == 1)
            {
                continue;
            }

            ShardedReplay replay = BenchData.FullReplay(100_000, nStep: 1, batchSize);
            NetworkSpec spec = Network(hidden, HeadSpec.Value);
            using ILearner one = Create(spec, batchSize, threads: 1, replay);
            using ILearner two = Create(spec, batchSize, threads: 2, replay);
            yield return Ratio($"{spec}, batch {batchSize}: learner.threads 2 against 1", Updates(one), Updates(two), goal);
        }
    }

    /// <summary>Operations of one row of an update, 2 for each multiplication: two forward passes and twice as many back.</summary>
    private static long Operations(NetworkSpec spec) => 8L * spec.ParameterCount;

    private static BenchRow ShareOf(BenchRow peak, BenchRow speed, string name, double operations)
    {
        double percent = 100 * operations / (peak.Value * 1e9);
        return new BenchRow("learning", name, percent * speed.Value, "%", percent * speed.Low, percent * speed.High, null);
    }

    private static BenchRow Ratio(string name, Func<long> baseline, Func<long> measured, double? goal)
    {
        double[][] rates = Measurement.Together(Window, Windows, baseline, measured);
        double[] ratios = [.. rates[1].Zip(rates[0], (rate, reference) => rate / reference).Order()];
        return Measurement.Row("learning", name, ratios, "ratio", goal);
    }

    private static NetworkSpec Network(ImmutableArray<int> hidden, HeadSpec head) =>
        new(BenchData.CartPole.ElementType, 4, 4, new NetworkArchitecture(hidden) { Head = head }, 2, image: null);

    private static ILearner Create(NetworkSpec spec, int batchSize, int threads, ShardedReplay replay, BackendKind backend = BackendKind.Simd)
    {
        var options = new LearnerOptions { BatchSize = batchSize, Threads = threads, Backend = backend, Device = DeviceName.Cpu };
        GradientAgent agent = BenchData.Agent(spec.Head.Kind);
        return agent.Create(new LearnerContext
        {
            Seed = 0,
            Options = options,
            AgentOptions = agent.CreateOptions(),
            Environment = EnvironmentRegistry.CreateDefault().GetSpec("CartPole-v1"),
            Segments = BenchData.CartPole,
            Policy = spec,
            CreateNetwork = network => backend == BackendKind.Simd ? new MlpNetwork(network, options, Stream()) : TorchBackend.Create(network, options, Stream()),
            RolloutSlots = 0,
            Experience = replay,
            Policies = new PolicyBoard(spec),
            Counters = new RunCounters(),
            Version = -1,
        });
    }

    private static Pcg64 Stream() => RandomStreams.Create(0, RandomStream.Network);

    private static Func<long> Updates(ILearner learner) => () =>
    {
        for (int i = 0; i < 8; i++)
        {
            if (learner.Step(TimeSpan.Zero, CancellationToken.None) != SampleStatus.Sampled)
            {
                throw new InvalidOperationException("the rate limiter blocked the learner");
            }
        }

        return 8;
    };

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static bool HasTorch()
    {
        try
        {
            LibTorch.Load();
            return true;
        }
        catch (InvalidOptionException)
        {
            return false;
        }
    }
}
