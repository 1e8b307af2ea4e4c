using System.Collections.Immutable;
using Krewe.Contracts;
using Krewe.Environments;
using Krewe.Learner;
using Krewe.Networks;
using Krewe.Replay;

namespace Krewe.Cli;

/// <summary>Updates of DQN and C51 per second: the learner loop as in training, including sampling from a full replay of 100,000 slots.</summary>
internal static class LearningBench
{
    public static IEnumerable<BenchRow> Run()
    {
        yield return FmaPeak.Run();
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
            var spec = new NetworkSpec(BenchData.CartPole.ElementType, 4, 4, new NetworkArchitecture(hidden) { Head = head }, 2, image: null);
            var options = new LearnerOptions { BatchSize = batchSize };
            GradientAgent agent = BenchData.Agent(head.Kind);
            EnvironmentSpec environment = EnvironmentRegistry.CreateDefault().GetSpec("CartPole-v1");
            using ILearner learner = agent.Create(new LearnerContext
            {
                Seed = 0,
                Options = options,
                AgentOptions = agent.CreateOptions(),
                Environment = environment,
                Segments = BenchData.CartPole,
                Policy = spec,
                CreateNetwork = network => new MlpNetwork(network, options, RandomStreams.Create(0, RandomStream.Network)),
                RolloutSlots = 0,
                Experience = replay,
                Policies = new PolicyBoard(spec),
                Counters = new RunCounters(),
                Version = -1,
            });
            (double[] rates, double bytes) = Measurement.Rate(() =>
            {
                for (int i = 0; i < 8; i++)
                {
                    if (learner.Step(TimeSpan.Zero, CancellationToken.None) != SampleStatus.Sampled)
                    {
                        throw new InvalidOperationException("the rate limiter blocked the learner");
                    }
                }

                return 8;
            });
            string name = $"{spec}, batch {batchSize}, Adam, one thread";
            yield return Measurement.Row("learning", name, rates, "updates/s", goal);
            yield return Measurement.AllocationRow("learning", $"{spec}, batch {batchSize}: allocation", bytes, "bytes/update");
        }
    }
}
