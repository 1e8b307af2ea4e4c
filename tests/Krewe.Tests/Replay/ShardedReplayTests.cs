using Krewe.Contracts;
using Krewe.Replay;
using static Krewe.Tests.ReplayFixtures;

namespace Krewe.Tests;

public class ShardedReplayTests
{
    [Fact]
    public void Appends_are_spread_evenly()
    {
        ShardedReplay front = Front(shards: 3, capacity: 5000);
        var random = new Pcg64(1);
        int next = 0;
        for (int i = 0; i < 500; i++)
        {
            front.TryAppend(Batch(RandomSegments(random, segments: 1, longest: 10, ref next)));
            long[] sizes = [.. front.Shards.Select(shard => shard.Size)];
            Assert.True(sizes.Max() - sizes.Min() <= 10, $"sizes {string.Join(' ', sizes)}");
        }

        Assert.Equal(front.Shards.Sum(shard => shard.Size), front.GetStatistics().Size);
    }

    [Fact]
    public void A_mini_batch_is_divided_in_proportion_to_the_sizes_of_the_shards()
    {
        double[] sizes = [1000, 0, 1, 333, 2666];
        var counts = new int[sizes.Length];
        var sums = new long[sizes.Length];
        for (long offset = 0; offset < 4000; offset++)
        {
            ShardAllotment.Divide(batch: 64, sizes, total: 4000, offset, counts);
            Assert.Equal(64, counts.Sum());
            for (int j = 0; j < sizes.Length; j++)
            {
                double quota = 64.0 * sizes[j] / 4000;
                Assert.InRange(counts[j], Math.Floor(quota), Math.Ceiling(quota));
                sums[j] += counts[j];
            }
        }

        // Over all offsets, which are equally likely, the mean is exactly the quota.
        Assert.Equal(sizes.Select(size => 64 * (long)size), sums);
    }

    [Fact]
    public void Whole_masses_are_divided_as_by_integer_arithmetic()
    {
        var random = new Pcg64(3);
        for (int round = 0; round < 20_000; round++)
        {
            var sizes = new long[1 + random.NextInt(8)];
            foreach (ref long size in sizes.AsSpan())
            {
                size = random.NextInt(4) == 0 ? 0 : 1 + random.NextLong(1L << random.NextInt(30));
            }

            long total = Math.Max(1, sizes.Sum());
            sizes[0] += total - sizes.Sum();
            int batch = 1 + random.NextInt(65_536);
            long offset = random.NextInt(3) switch { 0 => 0, 1 => total - 1, _ => random.NextLong(total) };
            var counts = new int[sizes.Length];
            ShardAllotment.Divide(batch, [.. sizes.Select(size => (double)size)], total, offset, counts);

            long running = offset;
            long given = 0;
            for (int j = 0; j < sizes.Length; j++)
            {
                running += batch * sizes[j];
                Assert.Equal((running / total) - given, counts[j]);
                given = running / total;
            }
        }
    }

    [Fact]
    public void Masses_of_any_magnitude_are_divided_without_a_remainder_and_none_goes_to_a_shard_without_mass()
    {
        var random = new Pcg64(4);
        for (int round = 0; round < 20_000; round++)
        {
            var masses = new double[1 + random.NextInt(8)];
            foreach (ref double mass in masses.AsSpan())
            {
                mass = random.NextInt(4) == 0 ? 0 : Math.Pow(10, random.NextUniform(-20, 20));
            }

            masses[^1] += masses.Sum() == 0 ? 1 : 0;
            double total = masses.Sum();
            int batch = 1 + random.NextInt(500);
            double offset = random.NextInt(3) switch { 0 => 0, 1 => total, _ => random.NextDouble() * total };
            var counts = new int[masses.Length];
            ShardAllotment.Divide(batch, masses, total, offset, counts);

            Assert.Equal(batch, counts.Sum());
            for (int j = 0; j < masses.Length; j++)
            {
                double quota = batch * masses[j] / total;
                Assert.True(
                    masses[j] == 0 ? counts[j] == 0 : Math.Abs(counts[j] - quota) < 1.001 && counts[j] >= 0,
                    $"{counts[j]} of {batch} rows for the quota {quota}");
            }
        }
    }

    [Fact]
    public void A_mini_batch_is_divided_by_mass_and_its_probabilities_are_those_over_all_shards()
    {
        // Three shards of 10, 20 and 40 transitions with the masses 5, 1 and 4: in each, the last transition has half the mass.
        double[] masses = [5, 1, 4];
        int[] sizes = [10, 20, 40];
        ReplayShard[] shards = [.. masses.Select((mass, j) => Shard(capacity: 100, index: j, selector: new StubSelector(ring => new HalfSelector(ring, mass))))];
        for (int j = 0; j < shards.Length; j++)
        {
            shards[j].TryStore(Batch(Segment(steps: sizes[j])));
        }

        var front = new ShardedReplay(shards, limiter: null, seed: 1);
        var batch = new SampledBatch(Scalar, 20);
        for (int round = 0; round < 50; round++)
        {
            Assert.Equal(SampleStatus.Sampled, front.TrySample(batch));
            Assert.Equal(70, batch.TableSize);

            // The quotas are whole numbers, so the parts do not depend on the offset.
            Assert.Equal([10, 2, 8], Enumerable.Range(0, 3).Select(j => batch.Shards.Count(j)));
            for (int row = 0; row < batch.Count; row++)
            {
                int j = batch.Shards[row];
                bool isLast = batch.Positions[row] == sizes[j] - 1;
                double expected = masses[j] / 10 * (isLast ? 0.5 : 0.5 / (sizes[j] - 1));
                Assert.Equal(expected, batch.Probabilities[row], tolerance: 1e-7);
            }
        }

        Assert.True(front.UsesPriorities);
    }

    [Fact]
    public void Every_row_has_its_shard_and_the_probability_over_all_shards()
    {
        ReplayShard[] shards = [.. Enumerable.Range(0, 3).Select(j => Shard(capacity: 100, index: j))];
        shards[0].TryStore(Batch(Segment(steps: 60, first: 0)));
        shards[1].TryStore(Batch(Segment(steps: 30, first: 100)));
        var front = new ShardedReplay(shards, limiter: null, seed: 1);
        var batch = new SampledBatch(Scalar, 60);
        var seen = new HashSet<float>();

        for (int i = 0; i < 100; i++)
        {
            Assert.Equal(SampleStatus.Sampled, front.TrySample(batch));
            Assert.Equal(90, batch.TableSize);
            Assert.Equal(40, batch.Shards.Count(0));
            Assert.Equal(20, batch.Shards.Count(1));
            for (int row = 0; row < batch.Count; row++)
            {
                Row transition = Row.Of(batch, row);
                float first = batch.Shards[row] * 100;
                Assert.Equal(first + batch.Positions[row], transition.Observation);
                Assert.Equal(transition.Observation + 1, transition.Next);
                Assert.Equal(1.0 / 90, batch.Probabilities[row], tolerance: 1e-8);
                Assert.Equal(1, batch.Weights[row]);
                seen.Add(transition.Observation);
            }
        }

        Assert.Equal(90, seen.Count);
    }

    [Fact]
    public void The_same_seed_gives_the_same_batches()
    {
        ShardedReplay[] fronts = [Front(shards: 3, capacity: 100), Front(shards: 3, capacity: 100)];
        var batches = new[] { new SampledBatch(Scalar, 10), new SampledBatch(Scalar, 10) };
        for (int i = 0; i < 50; i++)
        {
            for (int f = 0; f < 2; f++)
            {
                fronts[f].TryAppend(Batch(Segment(steps: 1 + (i % 7), first: 10 * i)));
                fronts[f].TrySample(batches[f]);
            }

            Assert.Equal(batches[0].Bytes.ToArray(), batches[1].Bytes.ToArray());
        }
    }

    [Fact]
    public void A_lost_shard_is_skipped_and_counted_once_and_the_others_continue()
    {
        ShardedReplay front = Front(shards: 3, capacity: 100);
        Fill(front, batches: 9);
        var batch = new SampledBatch(Scalar, 30);
        front.TrySample(batch);
        int[] shardsBefore = batch.Shards.ToArray();

        front.MarkLost(1);
        front.MarkLost(1);

        ReplayStatistics statistics = front.GetStatistics();
        Assert.Equal((3, 1, 60L, 90L), (statistics.Shards, statistics.ShardsLost, statistics.Size, statistics.Inserted));
        front.UpdatePriorities(batch.Shards, batch.Positions, batch.Probabilities);
        Assert.Equal(shardsBefore.Count(shard => shard == 1), front.GetStatistics().StaleUpdates);
        Fill(front, batches: 4);
        Assert.Equal(SampleStatus.Sampled, front.TrySample(batch));
        Assert.Equal([0, 2], batch.Shards.ToArray().Distinct().Order());
        Assert.Equal(100, batch.TableSize);
    }

    [Fact]
    public void A_shard_that_turns_out_to_be_closed_counts_as_lost()
    {
        ShardedReplay front = Front(shards: 2, capacity: 100);
        Fill(front, batches: 4);
        front.Shards[0].Close();
        var batch = new SampledBatch(Scalar, 8);

        Assert.Equal(SampleStatus.Sampled, front.TrySample(batch));

        Assert.Equal(8, batch.Shards.Count(1));
        Assert.Equal(8, front.GetStatistics().Sampled);
        Assert.Equal(1, front.GetStatistics().ShardsLost);

        front = Front(shards: 2, capacity: 100);
        front.Shards[0].Close();
        Assert.Equal(AppendStatus.Stored, front.TryAppend(Batch(Segment(steps: 3))));
        Assert.Equal((3L, 3L, 1), (front.GetStatistics().Inserted, front.Shards[1].Size, front.GetStatistics().ShardsLost));
    }

    [Fact]
    public void When_all_shards_are_lost_replay_is_closed()
    {
        ShardedReplay front = Front(shards: 2, capacity: 100);
        Fill(front, batches: 2);

        front.MarkLost(0);
        front.MarkLost(1);

        Assert.Equal(AppendStatus.Closed, front.TryAppend(Batch(Segment(steps: 1))));
        Assert.Equal(SampleStatus.Closed, front.TrySample(new SampledBatch(Scalar, 1)));
    }

    [Fact]
    public void The_rate_limiter_restarts_when_the_remaining_shards_are_empty()
    {
        var limiter = new RateLimiterSettings { MinSize = 10, SamplesPerInsert = 2, LargestInsert = 5, LargestSample = 4 };
        ReplayShard[] shards = [Shard(capacity: 100, index: 0), Shard(capacity: 100, index: 1)];
        shards[0].TryStore(Batch(Segment(steps: 90)));
        var front = new ShardedReplay(shards, limiter, seed: 1);
        var batch = new SampledBatch(Scalar, 4);
        front.State = new ShardedReplayState(new PacerState(new RateLimiterState(90, 172), 90, 172), front.State.Random, []);
        Assert.Equal(SampleStatus.Sampled, front.TrySample(batch));

        front.MarkLost(0);

        Assert.Equal(SampleStatus.RateLimited, front.TrySample(batch));
        Assert.Equal(AppendStatus.Stored, front.TryAppend(Batch(Segment(steps: 5))));
        Assert.Equal(SampleStatus.RateLimited, front.TrySample(batch));
        Assert.Equal(AppendStatus.Stored, front.TryAppend(Batch(Segment(steps: 5))));
        Assert.Equal(SampleStatus.Sampled, front.TrySample(batch));
        Assert.Equal((100L, 180L), (front.GetStatistics().Inserted, front.GetStatistics().Sampled));
    }

    [Fact]
    public void Restored_counts_continue_but_over_empty_shards_the_rate_limiter_restarts()
    {
        ShardedReplay front = Front(shards: 2, capacity: 100, minSize: 20);
        Fill(front, batches: 4);
        front.TrySample(new SampledBatch(Scalar, 8));
        ShardedReplayState state = front.State;

        ShardedReplay empty = Front(shards: 2, capacity: 100, minSize: 20);
        empty.State = state;

        Assert.Equal(new PacerState(new RateLimiterState(40, 8), 40, 8), state.Counters);
        Assert.Equal(new PacerState(default, 40, 8), empty.State.Counters);
        Assert.Equal(SampleStatus.RateLimited, empty.TrySample(new SampledBatch(Scalar, 8)));
    }

    [Fact]
    public void Options_divide_every_slot_among_the_shards()
    {
        var options = new ReplayOptions { Capacity = 1003, Shards = 4, MinSize = 10, SamplesPerInsert = 1 };

        ShardedReplay front = ShardedReplay.Create(Scalar, options, ReplaySelector.Uniform, discount: 0.9, largestAppend: 20, largestSample: 8, seed: 1);

        Assert.Equal([251, 251, 251, 250], front.Shards.Select(shard => shard.Capacity));
        Assert.Equal(1003, front.GetStatistics().Capacity);
        options.Shards = 60;
        Assert.Contains(
            "1003 over 60 shards",
            Assert.Throws<InvalidOptionException>(() => ShardedReplay.Create(Scalar, options, ReplaySelector.Uniform, 0.9, 20, 8, 1)).Message,
            StringComparison.Ordinal);
        options.Shards = 4;
        options.ErrorBuffer = 1;
        Assert.Throws<InvalidOptionException>(() => ShardedReplay.Create(Scalar, options, ReplaySelector.Uniform, 0.9, 20, 8, 1));
    }

    [Fact]
    public void Requests_larger_than_the_limiter_supports_are_refused()
    {
        ShardedReplay front = Front(shards: 2, capacity: 100);

        Assert.Throws<ArgumentException>(() => front.TryAppend(Batch(Segment(steps: 31))));
        Assert.Throws<ArgumentException>(() => front.TrySample(new SampledBatch(Scalar, 31)));
    }

    [Fact]
    public void Shards_that_do_not_match_are_refused()
    {
        var other = new SegmentSpec(ElementType.UInt8, observationLength: 3, actionCount: 2);
        Assert.Throws<ArgumentException>(() => new ShardedReplay([], null, 1));
        Assert.Throws<ArgumentException>(() => new ShardedReplay([Shard(10, index: 1)], null, 1));
        Assert.Throws<ArgumentException>(() => new ShardedReplay([Shard(10), Shard(10, index: 1, spec: other)], null, 1));
    }

    [Fact]
    public void A_batch_must_fit_the_smallest_shard()
    {
        var front = new ShardedReplay([Shard(capacity: 10, index: 0), Shard(capacity: 5, index: 1)], null, seed: 1);

        Assert.Throws<ArgumentException>(() => front.TryAppend(Batch(Segment(steps: 5))));
        Assert.Equal(AppendStatus.Stored, front.TryAppend(Batch(Segment(steps: 4))));
    }

    private static ShardedReplay Front(int shards, int capacity, long minSize = 1) => new(
        [.. Enumerable.Range(0, shards).Select(j => Shard(capacity, index: j))],
        new RateLimiterSettings { MinSize = minSize, SamplesPerInsert = 1, ErrorBuffer = 1e6, LargestInsert = 30, LargestSample = 30 },
        seed: 1);

    private static void Fill(ShardedReplay front, int batches)
    {
        for (int i = 0; i < batches; i++)
        {
            Assert.Equal(AppendStatus.Stored, front.TryAppend(Batch(Segment(steps: 10, first: 100 * i))));
        }
    }

    /// <summary>Selects the last transition half of the time, else one of the others in turn. Has the mass that it is given.</summary>
    private sealed class HalfSelector(SegmentRing ring, double mass) : ISampleSelector
    {
        private long _draws;

        public long Count => ring.TransitionCount;

        public double Mass => Count > 0 ? mass : 0;

        public Pcg64State RandomState { get; set; }

        public void Inserted(long start, int count, ReadOnlySpan<float> priorities = default)
        {
        }

        public void Evicted(long start, int count)
        {
        }

        public void Select(Span<long> positions, Span<float> probabilities)
        {
            long last = ring.Head - 2;
            for (int i = 0; i < positions.Length; i++)
            {
                bool isLast = _draws++ % 2 == 0;
                positions[i] = isLast ? last : _draws / 2 % last;
                probabilities[i] = isLast ? 0.5f : 0.5f / last;
            }
        }

        public void UpdatePriorities(ReadOnlySpan<long> positions, ReadOnlySpan<float> priorities)
        {
        }

        public float GetPriority(long position) => 1;
    }
}
