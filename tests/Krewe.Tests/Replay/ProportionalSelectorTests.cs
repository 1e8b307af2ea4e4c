using System.Security.Cryptography;
using Krewe.Contracts;
using Krewe.Replay;
using static Krewe.Tests.ReplayFixtures;

namespace Krewe.Tests;

public sealed class ProportionalSelectorTests : IDisposable
{
    private const double Exponent = 0.6;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(1, 2, 1.0)]
    [InlineData(2, 16, 0.6)]
    [InlineData(3, 17, 0.6)]
    [InlineData(4, 61, 0.3)]
    [InlineData(5, 500, 0.7)]
    [InlineData(6, 1024, 1.0)]
    public void Masses_and_probabilities_are_those_of_a_naive_list_after_any_inserts_evictions_and_updates(ulong seed, int capacity, double exponent)
    {
        var random = new Pcg64(seed);
        var ring = new SegmentRing(Scalar, capacity);
        var selector = new ProportionalSelector(ring, new Pcg64(seed + 100), exponent);
        var twin = new SortedDictionary<long, float>();
        var positions = new long[32];
        var probabilities = new float[32];
        int next = 0;
        for (int i = 0; i < 400; i++)
        {
            Slot[] slots = RandomSegments(random, segments: 1 + random.NextInt(3), longest: 8, ref next);
            Insert(ring, selector, twin, slots.Length <= capacity ? slots : Segment(steps: 1));
            for (int update = random.NextInt(20); update > 0; update--)
            {
                long position = twin.Keys.ElementAt(random.NextInt(twin.Count));
                float priority = random.NextInt(5) == 0 ? 0 : (float)Math.Pow(10, random.NextUniform(-3, 3));
                selector.UpdatePriorities([position], [priority]);
                twin[position] = priority;
            }

            double total = twin.Values.Sum(priority => Mass(priority, exponent));
            Assert.Equal(1, selector.Mass / total, tolerance: 1e-6);
            Assert.Equal(twin.Count, selector.Count);
            Assert.All(twin, entry => Assert.Equal(entry.Value, selector.GetPriority(entry.Key)));
            selector.Select(positions, probabilities);
            for (int row = 0; row < positions.Length; row++)
            {
                Assert.Equal(1, probabilities[row] / (Mass(twin[positions[row]], exponent) / total), tolerance: 1e-5);
            }
        }
    }

    [Theory]
    [InlineData(50, 9)]
    [InlineData(300, 60)]
    [InlineData(5_000, 120)]
    public void Transitions_are_selected_as_often_as_their_probabilities_say(int capacity, int segments)
    {
        var ring = new SegmentRing(Scalar, capacity);
        var selector = new ProportionalSelector(ring, new Pcg64(8), Exponent);
        var twin = new SortedDictionary<long, float>();
        for (int i = 0; i < segments; i++)
        {
            Insert(ring, selector, twin, Segment(steps: 6));
        }

        foreach (long position in twin.Keys.ToArray())
        {
            selector.UpdatePriorities([position], [twin[position] = 1 + (position % 5)]);
        }

        const int Draws = 1_000_000;
        var positions = new long[100];
        var probabilities = new float[100];
        var counts = new Dictionary<long, int>();
        for (int drawn = 0; drawn < Draws; drawn += positions.Length)
        {
            selector.Select(positions, probabilities);
            Array.ForEach(positions, position => counts[position] = counts.GetValueOrDefault(position) + 1);
        }

        double total = twin.Values.Sum(priority => Mass(priority, Exponent));
        ChiSquare.Check(counts, twin.ToDictionary(entry => entry.Key, entry => Mass(entry.Value, Exponent) / total));
    }

    [Fact]
    public void A_transition_with_the_priority_zero_is_selected_as_often_as_the_offset_says()
    {
        var ring = new SegmentRing(Scalar, capacity: 20);
        var selector = new ProportionalSelector(ring, new Pcg64(8), exponent: 0.1);
        Insert(ring, selector, [], Segment(steps: 6));
        selector.UpdatePriorities([0, 1, 2, 3, 4, 5], [0, 1, 1, 1, 1, 1]);
        double zero = Mass(0, 0.1);
        var counts = new Dictionary<bool, int>();
        var positions = new long[1_000];
        for (int i = 0; i < 100; i++)
        {
            selector.Select(positions, new float[1_000]);
            Array.ForEach(positions, position => counts[position == 0] = counts.GetValueOrDefault(position == 0) + 1);
        }

        ChiSquare.Check(counts, new Dictionary<bool, double> { [true] = zero / (zero + 5), [false] = 5 / (zero + 5) });
    }

    [Fact]
    public void A_transition_has_the_initial_priority_that_its_actor_gave_it()
    {
        SegmentBatch batch = Batch([.. Segment(steps: 100), .. Segment(steps: 2)]);
        var given = new SegmentBatch(Scalar, batch.SlotCount);
        given.Start(actorId: 1, policyVersion: 1, sequence: 1, batch.SlotCount, hasPriorities: true);
        given.StepCount = batch.StepCount;
        batch.Observations.CopyTo(given.Observations);
        batch.Rewards.CopyTo(given.Rewards);
        batch.Probabilities.CopyTo(given.Probabilities);
        batch.ActionBytes.CopyTo(given.ActionBytes);
        batch.Flags.CopyTo(given.Flags);
        for (int i = 0; i < given.SlotCount; i++)
        {
            given.Priorities[i] = i;
        }

        PacedShard shard = Paced(capacity: 200, selector: ReplaySelector.Proportional(1));
        shard.TryAppend(given);

        // Those of the final slots do not count: 100 and 103.
        Assert.Equal((103 * 104 / 2) - 100 - 103, shard.Mass, tolerance: 1e-2);

        // An actor without priorities: the largest in the ring.
        shard.TryAppend(Batch(Segment(steps: 1)));
        Assert.Equal((103 * 104 / 2) - 100 - 103 + 102, shard.Mass, tolerance: 1e-2);
    }

    [Fact]
    public void Of_a_position_that_is_repeated_in_an_update_the_last_priority_counts()
    {
        var ring = new SegmentRing(Scalar, capacity: 20);
        var selector = new ProportionalSelector(ring, new Pcg64(8), exponent: 1);
        Insert(ring, selector, [], Segment(steps: 2));
        selector.UpdatePriorities([0, 0, 1, 0], [1, 2, 3, 4]);
        Assert.Equal((4f, 3f), (selector.GetPriority(0), selector.GetPriority(1)));
        Assert.Equal(7, selector.Mass, tolerance: 1e-5);
    }

    [Fact]
    public void A_new_transition_gets_the_largest_priority_in_the_ring_not_the_largest_ever()
    {
        PacedShard shard = Paced(capacity: 12, selector: ReplaySelector.Proportional(1));
        shard.TryAppend(Batch(Segment(steps: 3)));
        Assert.Equal(3, shard.Mass, tolerance: 1e-4);
        shard.UpdatePriorities([0, 0, 0], [0, 1, 2], [100, 2, 3]);
        Assert.Equal(105, shard.Mass, tolerance: 1e-4);
        shard.TryAppend(Batch(Segment(steps: 3)));
        Assert.Equal(405, shard.Mass, tolerance: 1e-4);
        shard.UpdatePriorities([0, 0, 0], [4, 5, 6], [5, 6, 7]);

        // Overwrites the first segment, and with it the priority 100.
        shard.TryAppend(Batch(Segment(steps: 7)));
        Assert.Equal(18 + (7 * 7), shard.Mass, tolerance: 1e-4);

        // Overwrites everything: as in an empty ring.
        shard.TryAppend(Batch(Segment(steps: 11)));
        Assert.Equal(11, shard.Mass, tolerance: 1e-4);
    }

    [Fact]
    public void Selecting_storing_and_updating_allocate_nothing()
    {
        PacedShard shard = Paced(capacity: 1_000, selector: ReplaySelector.Proportional(Exponent));
        SegmentBatch batch = Batch(Segment(steps: 64));
        var rows = new SampledBatch(Scalar, 64);
        Work();
        long before = GC.GetAllocatedBytesForCurrentThread();
        Work();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Work()
        {
            for (int i = 0; i < 100; i++)
            {
                shard.TryAppend(batch);
                shard.TrySample(rows);
                shard.UpdatePriorities(rows.Shards, rows.Positions, rows.Returns);
            }
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-0.5)]
    [InlineData(1.5)]
    [InlineData(double.NaN)]
    public void An_exponent_out_of_range_is_refused(double exponent) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Paced(capacity: 10, selector: ReplaySelector.Proportional(exponent)));

    [Theory]
    [InlineData(1_000)]
    [InlineData(61)]
    public void A_loaded_shard_continues_like_the_saved_one(int capacity)
    {
        PacedShard saved = Filled(capacity);
        saved.Save(_folder["shard"]);
        PacedShard loaded = Paced(capacity, selector: ReplaySelector.Proportional(Exponent), seed: 99);
        loaded.TryAppend(Batch(Segment(steps: 3)));

        loaded.Load(_folder["shard"]);

        var rows = new[] { new SampledBatch(Scalar, 32), new SampledBatch(Scalar, 32) };
        for (int i = 0; i < 30; i++)
        {
            Assert.Equal(saved.Mass, loaded.Mass);
            foreach ((PacedShard shard, SampledBatch batch) in new[] { saved, loaded }.Zip(rows))
            {
                Assert.Equal(SampleStatus.Sampled, shard.TrySample(batch));
                shard.UpdatePriorities(batch.Shards, batch.Positions, batch.Returns);
                shard.TryAppend(Batch(Segment(steps: 1 + (i % 8), first: 10 * i)));
            }

            Assert.Equal(rows[0].Bytes.ToArray(), rows[1].Bytes.ToArray());
        }
    }

    [Theory]
    [InlineData(20, 0)]
    [InlineData(100, 0)]
    [InlineData(60, 5_000)]
    [InlineData(20, 5_000)]
    public void A_shard_of_another_capacity_or_first_position_keeps_the_priorities_of_the_slots_that_fit(int capacity, long firstPosition)
    {
        PacedShard saved = Filled(capacity: 60);
        saved.Save(_folder["shard"]);
        var all = new SampledBatch(Scalar, 3_000);
        saved.TrySample(all);
        PacedShard loaded = Paced(capacity, selector: ReplaySelector.Proportional(Exponent), firstPosition: firstPosition);
        loaded.Load(_folder["shard"]);
        var rows = new SampledBatch(Scalar, 3_000);
        Assert.Equal(SampleStatus.Sampled, loaded.TrySample(rows));
        long lowest = firstPosition - (firstPosition % capacity);
        for (int row = 0; row < rows.Count; row++)
        {
            // The observation identifies the transition.
            int other = MatchingRow(all, Row.Of(rows, row));
            Assert.InRange(rows.Positions[row], lowest, long.MaxValue);
            Assert.Equal(rows.Probabilities[row] * loaded.Mass, all.Probabilities[other] * saved.Mass, tolerance: 1e-4);
        }

        static int MatchingRow(SampledBatch batch, Row row) => Enumerable.Range(0, batch.Count).First(i => Row.Of(batch, i) == row);
    }

    [Fact]
    public void Selectors_may_change_between_save_and_load()
    {
        Filled(capacity: 60).Save(_folder["prioritized"]);
        PacedShard uniform = Paced(capacity: 60);
        uniform.Load(_folder["prioritized"]);
        Assert.Equal(uniform.Size, uniform.Mass);
        uniform.Save(_folder["uniform"]);
        PacedShard prioritized = Paced(capacity: 60, selector: ReplaySelector.Proportional(Exponent));
        prioritized.Load(_folder["uniform"]);
        Assert.Equal(prioritized.Size, prioritized.Mass, tolerance: 1e-3);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(-1f)]
    public void A_file_with_a_correct_checksum_but_an_invalid_priority_is_refused(float priority)
    {
        Filled(capacity: 60).Save(_folder["shard"]);
        byte[] bytes = File.ReadAllBytes(_folder["shard"]);
        int end = bytes.Length - SHA256.HashSizeInBytes;
        BitConverter.TryWriteBytes(bytes.AsSpan(end - 8), priority);
        SHA256.HashData(bytes.AsSpan(0, end), bytes.AsSpan(end));
        File.WriteAllBytes(_folder["shard"], bytes);

        var error = Assert.Throws<InvalidDataFormatException>(() => Paced(capacity: 60).Load(_folder["shard"]));
        Assert.Contains("holds a priority that is negative or not finite", error.Message, StringComparison.Ordinal);
    }

    private static double Mass(float priority, double exponent) => Math.Pow(priority + 1e-6, exponent);

    /// <summary>Appends as a shard does.</summary>
    private static void Insert(SegmentRing ring, ProportionalSelector selector, SortedDictionary<long, float> twin, Slot[] slots)
    {
        SegmentBatch batch = Batch(slots);
        int overwritten = ring.OverwrittenBy(batch.SlotCount);
        if (overwritten > 0)
        {
            selector.Evicted(ring.Oldest, overwritten);
        }

        for (long position = ring.Oldest; position < ring.Oldest + overwritten; position++)
        {
            twin.Remove(position);
        }

        float largest = twin.Count > 0 ? twin.Values.Max() : 1;
        long start = ring.Append(batch);
        selector.Inserted(start, slots.Length);
        for (int i = 0; i < slots.Length; i++)
        {
            if (!slots[i].IsFinal)
            {
                twin.Add(start + i, largest);
            }
        }
    }

    private static PacedShard Filled(int capacity)
    {
        PacedShard shard = Paced(capacity, selector: ReplaySelector.Proportional(Exponent));
        var random = new Pcg64(2);
        var rows = new SampledBatch(Scalar, 16);
        var priorities = new float[16];
        int next = 0;
        for (int i = 0; i < 40; i++)
        {
            shard.TryAppend(Batch(RandomSegments(random, segments: 2, longest: 6, ref next)));
            shard.TrySample(rows);
            for (int row = 0; row < priorities.Length; row++)
            {
                priorities[row] = (float)random.NextUniform(0, 10);
            }

            shard.UpdatePriorities(rows.Shards, rows.Positions, priorities);
        }

        return shard;
    }
}
