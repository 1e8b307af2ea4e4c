using Krewe.Contracts;
using Krewe.Replay;
using static Krewe.Tests.ReplayFixtures;

namespace Krewe.Tests;

public class UniformSelectorTests
{
    private const int Draws = 64 * 4000;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Every_transition_is_sampled_equally_often(ulong seed)
    {
        PacedShard shard = FilledShard(seed, selector: null);

        double statistic = Draw(shard, out int cells);

        Assert.True(statistic < ChiSquare.Bound(cells), $"chi-square {statistic} over {cells} transitions");
    }

    [Fact]
    public void The_check_detects_a_selector_that_steps_past_final_slots()
    {
        // Negative control: takes the next slot instead of drawing again, so that the first step of a segment is selected too often.
        PacedShard shard = FilledShard(seed: 1, new StubSelector(ring => new SteppingSelector(ring)));

        double statistic = Draw(shard, out int cells);

        Assert.True(statistic > ChiSquare.Bound(cells), $"chi-square {statistic} over {cells} transitions");
    }

    [Fact]
    public void Restoring_the_random_state_repeats_the_selections()
    {
        var ring = new SegmentRing(Scalar, capacity: 50);
        ring.Append(Batch(Segment(steps: 40)));
        var selector = new UniformSelector(ring, new Pcg64(5));
        Pcg64State state = selector.RandomState;
        var first = new long[32];
        var second = new long[32];
        var probabilities = new float[32];

        selector.Select(first, probabilities);
        selector.RandomState = state;
        selector.Select(second, probabilities);

        Assert.Equal(first, second);
        Assert.All(probabilities, p => Assert.Equal(1f / 40, p));
    }

    [Fact]
    public void Shards_with_the_same_seed_draw_from_different_streams()
    {
        var batches = new SampledBatch[2];
        for (int j = 0; j < 2; j++)
        {
            PacedShard shard = Paced(capacity: 1000, index: j);
            shard.TryAppend(Batch(Segment(steps: 900)));
            batches[j] = new SampledBatch(Scalar, 64);
            shard.TrySample(batches[j]);
        }

        Assert.NotEqual(batches[0].Positions.ToArray(), batches[1].Positions.ToArray());
    }

    private static PacedShard FilledShard(ulong seed, ReplaySelector? selector)
    {
        // A ring that has wrapped, with short segments of different lengths and a remainder of the oldest.
        PacedShard shard = Paced(capacity: 101, seed: seed, selector: selector);
        var random = new Pcg64(seed);
        int next = 0;
        for (int i = 0; i < 60; i++)
        {
            shard.TryAppend(Batch(RandomSegments(random, segments: 2, longest: 5, ref next)));
        }

        return shard;
    }

    private static double Draw(PacedShard shard, out int cells)
    {
        var counts = new Dictionary<long, int>();
        var batch = new SampledBatch(Scalar, 64);
        for (int drawn = 0; drawn < Draws; drawn += batch.Count)
        {
            Assert.Equal(SampleStatus.Sampled, shard.TrySample(batch));
            foreach (long position in batch.Positions)
            {
                counts[position] = counts.GetValueOrDefault(position) + 1;
            }
        }

        cells = (int)shard.Size;
        Assert.Equal(cells, counts.Count);
        double probability = 1.0 / cells;
        return ChiSquare.Statistic(counts, counts.Keys.ToDictionary(position => position, _ => probability));
    }

    private sealed class SteppingSelector(SegmentRing ring) : ISampleSelector
    {
        private readonly Pcg64 _random = new(9);

        public long Count => ring.TransitionCount;

        public double Mass => Count;

        public Pcg64State RandomState
        {
            get => _random.State;
            set => _random.State = value;
        }

        public void Inserted(long start, int count, ReadOnlySpan<float> priorities = default)
        {
        }

        public void Evicted(long start, int count)
        {
        }

        public void Select(Span<long> positions, Span<float> probabilities)
        {
            for (int i = 0; i < positions.Length; i++)
            {
                long position = ring.Oldest + _random.NextLong(ring.Head - ring.Oldest);
                while ((ring.FlagsAt(position) & SlotFlags.Final) != 0)
                {
                    position = position + 1 == ring.Head ? ring.Oldest : position + 1;
                }

                positions[i] = position;
            }
        }

        public void UpdatePriorities(ReadOnlySpan<long> positions, ReadOnlySpan<float> priorities)
        {
        }

        public float GetPriority(long position) => 1;
    }
}
