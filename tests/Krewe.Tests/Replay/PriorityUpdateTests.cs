using Krewe.Contracts;
using Krewe.Replay;
using static Krewe.Tests.ReplayFixtures;

namespace Krewe.Tests;

public class PriorityUpdateTests
{
    [Fact]
    public void The_selector_is_notified_of_every_slot_and_stale_updates_are_dropped()
    {
        CheckingSelector? selector = null;
        PacedShard shard = Paced(capacity: 20, selector: new StubSelector(ring => selector = new CheckingSelector(ring)));
        var random = new Pcg64(1);
        var old = new SampledBatch(Scalar, 16);
        long stale = 0;
        int applied = 0;
        int next = 0;
        for (int i = 0; i < 200; i++)
        {
            shard.TryAppend(Batch(RandomSegments(random, segments: 1, longest: 6, ref next)));
            shard.UpdatePriorities(old.Shards, old.Positions, old.Probabilities);
            foreach (long position in old.Positions)
            {
                stale += selector!.Live.ContainsKey(position) ? 0 : 1;
                applied += selector.Live.ContainsKey(position) ? 1 : 0;
            }

            Assert.Equal(stale, shard.GetStatistics().StaleUpdates);
            Assert.Equal(applied, selector!.Updates);
            Assert.Equal(selector.Live.Count, shard.Size);
            if (i % 3 == 0)
            {
                Assert.Equal(SampleStatus.Sampled, shard.TrySample(old));
            }
        }

        Assert.True(stale > 100 && applied > 100, $"{stale} stale and {applied} applied: expected more than 100 of both");
    }

    [Fact]
    public void An_invalid_update_is_refused_before_any_of_it_is_applied()
    {
        CheckingSelector? selector = null;
        PacedShard shard = Paced(capacity: 20, selector: new StubSelector(ring => selector = new CheckingSelector(ring)));
        shard.TryAppend(Batch(Segment(steps: 4)));

        Assert.Throws<ArgumentException>(() => shard.UpdatePriorities([0, 1], [0, 1], [1, 1]));
        Assert.Throws<ArgumentException>(() => shard.UpdatePriorities([0, 0], [0, 1], [1]));
        Assert.Throws<ArgumentException>(() => shard.UpdatePriorities([0, 0], [0, 1], [1, float.NaN]));
        Assert.Throws<ArgumentException>(() => shard.UpdatePriorities([0, 0], [0, 1], [1, -1]));
        Assert.Throws<ArgumentException>(() => shard.UpdatePriorities([0, 0], [0, 1], [1, float.PositiveInfinity]));

        Assert.Equal(0, selector!.Updates);
        shard.UpdatePriorities([0, 0, 0], [0, 4, 5], [1, 1, 1]); // 4 is final, 5 is not written yet
        Assert.Equal(1, selector.Updates);
        Assert.Equal(2, shard.GetStatistics().StaleUpdates);
    }

    [Fact]
    public void A_shard_that_replaces_a_lost_one_drops_the_updates_of_its_samples()
    {
        PacedShard lost = Paced(capacity: 20, selector: ReplaySelector.Proportional(1));
        lost.TryAppend(Batch(Segment(steps: 9)));
        var samples = new SampledBatch(Scalar, 16);
        lost.TrySample(samples);

        PacedShard shard = Paced(capacity: 20, selector: ReplaySelector.Proportional(1), firstPosition: 1_234);
        shard.TryAppend(Batch(Segment(steps: 9)));
        double before = shard.Mass;
        shard.UpdatePriorities(samples.Shards, samples.Positions, samples.Returns);

        Assert.Equal((16L, before), (shard.GetStatistics().StaleUpdates, shard.Mass));
        shard.TrySample(samples);
        Assert.All(samples.Positions.ToArray(), position => Assert.InRange(position, 1_240, 1_248));
    }

    /// <summary>Checks the notifications of the shard against the ring and against each other.</summary>
    private sealed class CheckingSelector(SegmentRing ring) : ISampleSelector
    {
        private readonly Pcg64 _random = new(4);
        private long _head;
        private long _oldest;

        public SortedDictionary<long, float> Live { get; } = [];

        public int Updates { get; private set; }

        public long Count => Live.Count;

        public double Mass => Live.Count;

        public Pcg64State RandomState
        {
            get => _random.State;
            set => _random.State = value;
        }

        public void Inserted(long start, int count, ReadOnlySpan<float> priorities = default)
        {
            Assert.Equal(_head, start);
            for (long position = start; position < start + count; position++)
            {
                if ((ring.FlagsAt(position) & SlotFlags.Final) == 0)
                {
                    Live.Add(position, 1);
                }
            }

            _head += count;
            Assert.Equal(_head, ring.Head);
        }

        public void Evicted(long start, int count)
        {
            Assert.Equal(_oldest, start);
            for (long position = start; position < start + count; position++)
            {
                Assert.Equal((ring.FlagsAt(position) & SlotFlags.Final) == 0, Live.Remove(position));
            }

            _oldest += count;
        }

        public void Select(Span<long> positions, Span<float> probabilities)
        {
            Assert.Equal(positions.Length, probabilities.Length);
            long[] live = [.. Live.Keys];
            for (int i = 0; i < positions.Length; i++)
            {
                positions[i] = live[_random.NextInt(live.Length)];
            }
        }

        public void UpdatePriorities(ReadOnlySpan<long> positions, ReadOnlySpan<float> priorities)
        {
            for (int i = 0; i < positions.Length; i++)
            {
                Assert.True(Live.ContainsKey(positions[i]), $"position {positions[i]}");
                Live[positions[i]] = priorities[i];
                Updates++;
            }
        }

        public float GetPriority(long position) => Live[position];
    }
}
