using Krewe.Contracts;
using Krewe.Replay;
using static Krewe.Tests.ReplayFixtures;

namespace Krewe.Tests;

/// <summary>Compares a shard with its reference implementation over thousands of random operations.</summary>
public class ReplayTwinTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    public void A_shard_agrees_with_its_reference_implementation(ulong seed)
    {
        var random = new Pcg64(seed);
        for (int round = 0; round < 8; round++)
        {
            var type = (ElementType)random.NextInt(3);
            int length = type == ElementType.Int32 ? 1 : 1 + random.NextInt(9);
            int observationCount = type == ElementType.Int32 ? 1 << 20 : 0;
            SegmentSpec spec = round % 2 == 0
                ? new SegmentSpec(type, length, actionCount: 1000, observationCount)
                : new SegmentSpec(type, length, observationCount, ElementType.Float32, actionLength: 1 + random.NextInt(4), actionCount: 0);
            int capacity = 2 + random.NextInt(60);
            int nStep = 1 + random.NextInt(6);
            PacedShard shard = Paced(capacity, nStep, discount: 0.875, seed: seed, spec: spec);
            var twin = new ReplayTwin(capacity, nStep, discount: 0.875);
            Run(random, shard, twin, spec, operations: 400);
            Assert.Equal(twin.Sampleable, SampleAll(shard, spec, draws: 64 * twin.Sampleable.Length).Keys.Order());
        }
    }

    private static void Run(Pcg64 random, PacedShard shard, ReplayTwin twin, SegmentSpec spec, int operations)
    {
        int next = 0;
        long sampled = 0;
        for (int i = 0; i < operations; i++)
        {
            if (i == 0 || random.NextInt(3) > 0)
            {
                Slot[] slots = RandomSegments(random, segments: 1 + random.NextInt(4), longest: 8, ref next);
                if (slots.Length > twin.Capacity)
                {
                    slots = Segment(steps: 1, first: next);
                    next += 2;
                }

                Assert.Equal(AppendStatus.Stored, shard.TryAppend(Batch(spec, slots)));
                twin.Append(slots);
            }
            else
            {
                var batch = new SampledBatch(spec, 1 + random.NextInt(20));
                Assert.Equal(SampleStatus.Sampled, shard.TrySample(batch));
                Check(batch, twin);
                sampled += batch.Count;
            }

            Assert.Equal(twin.Sampleable.Length, shard.Size);
        }

        ReplayStatistics statistics = shard.GetStatistics();
        Assert.Equal(
            (twin.Sampleable.Length, twin.Inserted, sampled, twin.Capacity),
            (statistics.Size, statistics.Inserted, statistics.Sampled, statistics.Capacity));
    }

    private static void Check(SampledBatch batch, ReplayTwin twin)
    {
        int bytes = batch.Spec.ObservationBytes;
        int actionBytes = batch.Spec.ActionBytes;
        var expected = new byte[bytes];
        var action = new byte[actionBytes];
        long size = twin.Sampleable.Length;
        Assert.Equal(size, batch.TableSize);
        for (int i = 0; i < batch.Count; i++)
        {
            long position = batch.Positions[i];
            Assert.InRange(position, twin.Oldest, twin.Head - 1);
            Slot slot = twin.At(position);
            Assert.False(slot.IsFinal);
            (float sum, float discount, long next) = twin.Transition(position);
            WriteAction(batch.Spec, slot.Action, action);
            Assert.Equal(action, batch.ActionBytes.Slice(i * actionBytes, actionBytes).ToArray());
            Assert.Equal(sum, batch.Returns[i]);
            Assert.Equal(discount, batch.Discounts[i]);
            Assert.Equal((float)(1.0 / size), batch.Probabilities[i]);
            Assert.Equal(1, batch.Weights[i]);
            Assert.Equal(0, batch.Shards[i]);
            WriteObservation(batch.Spec, slot.Observation, expected);
            Assert.Equal(expected, batch.Observations.Slice(i * bytes, bytes).ToArray());
            WriteObservation(batch.Spec, twin.At(next).Observation, expected);
            Assert.Equal(expected, batch.NextObservations.Slice(i * bytes, bytes).ToArray());
        }
    }
}
