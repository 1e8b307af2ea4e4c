using Krewe.Contracts;
using Krewe.Replay;

namespace Krewe.Cli;

/// <summary>Transitions per second into and out of replay, CartPole-shaped (29 bytes a slot), one core.</summary>
internal static class ReplayBench
{
    public static IEnumerable<BenchRow> Run()
    {
        ShardedReplay target = BenchData.Replay(100_000, nStep: 1, batchSize: 64);
        SegmentBatch segments = BenchData.Batch();
        (double[] rates, double bytes) = Measurement.Rate(() =>
        {
            for (int i = 0; i < 8; i++)
            {
                if (target.Append(segments, TimeSpan.Zero, CancellationToken.None) != AppendStatus.Stored)
                {
                    throw new InvalidOperationException("the rate limiter blocked the actor");
                }
            }

            return 8 * segments.StepCount;
        });
        yield return Measurement.Row("replay", $"insert in batches of {segments.StepCount}", rates, "transitions/s", 40e6);
        yield return Measurement.AllocationRow("replay", "insert: allocation", bytes, "bytes/transition");

        foreach ((int capacity, int nStep, double? goal) in new (int, int, double?)[] { (100_000, 1, 15e6), (100_000, 5, null), (1_000_000, 1, null) })
        {
            ShardedReplay source = BenchData.FullReplay(capacity, nStep, batchSize: 64);
            var batch = new SampledBatch(BenchData.CartPole, 64);
            (rates, bytes) = Measurement.Rate(() =>
            {
                for (int i = 0; i < 32; i++)
                {
                    source.Sample(batch, TimeSpan.Zero, CancellationToken.None);
                }

                return 32 * 64;
            });
            yield return Measurement.Row("replay", $"sample uniformly, batch 64, {capacity:N0} slots, {nStep}-step", rates, "transitions/s", goal);
            yield return Measurement.AllocationRow("replay", $"sample, {capacity:N0} slots, {nStep}-step: allocation", bytes, "bytes/transition");
        }

        ShardedReplay prioritized = BenchData.FullReplay(1_000_000, nStep: 1, batchSize: 64, priorityExponent: 0.6);
        var rows = new SampledBatch(BenchData.CartPole, 64);
        (rates, bytes) = Measurement.Rate(() =>
        {
            for (int i = 0; i < 32; i++)
            {
                prioritized.Sample(rows, TimeSpan.Zero, CancellationToken.None);
                prioritized.UpdatePriorities(rows.Shards, rows.Positions, rows.Returns);
            }

            return 32 * 64;
        });
        yield return Measurement.Row("replay", "sample by priority and update the priorities, batch 64, 1,000,000 slots, 1-step", rates, "transitions/s", 4e6);
        yield return Measurement.AllocationRow("replay", "sample by priority and update: allocation", bytes, "bytes/transition");
    }
}
