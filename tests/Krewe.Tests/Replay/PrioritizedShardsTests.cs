using Krewe.Contracts;
using Krewe.Replay;
using static Krewe.Tests.ReplayFixtures;

namespace Krewe.Tests;

/// <summary>Many shards sample like one list of all transitions in which everything is added up anew for each draw.</summary>
public class PrioritizedShardsTests
{
    private const double Exponent = 0.6;

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Transitions_of_all_shards_are_sampled_in_proportion_to_their_masses(int shards)
    {
        var options = new ReplayOptions { Capacity = 400, Shards = shards, MinSize = 1, SamplesPerInsert = 1, ErrorBuffer = 1e15, PriorityExponent = Exponent };
        ShardedReplay replay = ShardedReplay.Create(Scalar, options, ReplaySelector.For(options), discount: 0.9, largestAppend: 100, largestSample: 64, seed: 3);
        var random = new Pcg64(4);
        int next = 0;
        for (int i = 0; i < 100; i++)
        {
            replay.Append(Batch(RandomSegments(random, segments: 2, longest: 5, ref next)), TimeSpan.Zero, CancellationToken.None);
        }

        var batch = new SampledBatch(Scalar, 64);
        var priorities = new Dictionary<(int Shard, long Position), float>();
        while (priorities.Count < replay.GetStatistics().Size)
        {
            Sample((shard, position) =>
            {
                // The shards' masses differ.
                float priority = (1 + random.NextInt(9)) * (1 + shard);
                if (priorities.TryAdd((shard, position), priority))
                {
                    replay.UpdatePriorities([shard], [position], [priority]);
                }
            });
        }

        var counts = new Dictionary<(int, long), int>();
        for (int i = 0; i < 20_000; i++)
        {
            Sample((shard, position) => counts[(shard, position)] = counts.GetValueOrDefault((shard, position)) + 1);
        }

        double total = priorities.Values.Sum(Mass);
        ChiSquare.Check(counts, priorities.ToDictionary(entry => entry.Key, entry => Mass(entry.Value) / total));
        for (int row = 0; row < batch.Count; row++)
        {
            Assert.Equal(1, batch.Probabilities[row] / (Mass(priorities[(batch.Shards[row], batch.Positions[row])]) / total), tolerance: 1e-4);
        }

        void Sample(Action<int, long> use)
        {
            Assert.Equal(SampleStatus.Sampled, replay.Sample(batch, TimeSpan.Zero, CancellationToken.None));
            for (int row = 0; row < batch.Count; row++)
            {
                use(batch.Shards[row], batch.Positions[row]);
            }
        }
    }

    private static double Mass(float priority) => Math.Pow(priority + ProportionalSelector.Offset, Exponent);
}
