using System.Collections.Immutable;
using Krewe.Contracts;
using Krewe.Learner;
using Krewe.Networks;
using Krewe.Replay;

namespace Krewe.Cli;

/// <summary>DQN updates per second: the learner loop as in training, including sampling from a full replay of 100,000 slots.</summary>
internal static class LearningBench
{
    public static IEnumerable<BenchRow> Run()
    {
        yield return FmaPeak.Run();
        foreach ((ImmutableArray<int> hidden, int batchSize, double goal) in new (ImmutableArray<int>, int, double)[]
        {
            ([64, 64], 64, 40_000),
            ([256, 256], 64, 5_000),
            ([256, 256], 512, 750),
        })
        {
            ShardedReplay replay = BenchData.FullReplay(100_000, nStep: 1, batchSize);
            var spec = new NetworkSpec(BenchData.CartPole.ElementType, 4, 4, hidden, 2);
            var options = new LearnerOptions { BatchSize = batchSize };
            using ILearner learner = LearningAgents.Get(LearningAgents.Default).Create(new LearnerContext
            {
                Options = options,
                AgentOptions = null,
                Segments = BenchData.CartPole,
                Policy = spec,
                CreateNetwork = network => new MlpNetwork(network, options, RandomStreams.Create(0, RandomStream.Network)),
                Replay = replay,
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
