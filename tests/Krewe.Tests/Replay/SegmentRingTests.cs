using Krewe.Contracts;
using Krewe.Replay;
using static Krewe.Tests.ReplayFixtures;

namespace Krewe.Tests;

public class SegmentRingTests
{
    [Fact]
    public void Positions_keep_growing_and_slots_wrap()
    {
        var ring = new SegmentRing(Scalar, capacity: 5);

        Assert.Equal(0, ring.Append(Batch(Segment(steps: 2))));
        Assert.Equal(3, ring.Append(Batch(Segment(steps: 2))));

        Assert.Equal((6L, 1L, 3L), (ring.Head, ring.Oldest, ring.TransitionCount));
        Assert.Equal([1, 2, 3, 4, 0], Enumerable.Range(1, 5).Select(p => ring.SlotOf(p)));
        Assert.False(ring.IsAlive(0));
        Assert.False(ring.IsAlive(6));
        Assert.Equal(SlotFlags.Final, ring.FlagsAt(5));
        Assert.Throws<ArgumentOutOfRangeException>(() => ring.FlagsAt(0));
    }

    [Fact]
    public void A_batch_larger_than_the_ring_is_refused_and_nothing_stored()
    {
        var ring = new SegmentRing(Scalar, capacity: 5);
        ring.Append(Batch(Segment(steps: 4)));

        var error = Assert.Throws<ArgumentException>(() => ring.Append(Batch(Segment(steps: 5))));

        Assert.Contains("6 slots, the ring only 5", error.Message, StringComparison.Ordinal);
        Assert.Equal((5L, 4L), (ring.Head, ring.TransitionCount));
    }

    [Fact]
    public void A_batch_of_another_spec_is_refused_naming_both_specs()
    {
        PacedShard shard = Paced(capacity: 8);
        var other = new SegmentSpec(ElementType.Float32, observationLength: 7, actionCount: 3);

        var append = Assert.Throws<ArgumentException>(() => shard.TryAppend(Batch(other, Segment(steps: 1))));
        shard.TryAppend(Batch(Segment(steps: 1)));
        var sample = Assert.Throws<ArgumentException>(() => shard.TrySample(new SampledBatch(other, 1)));

        Assert.All(new[] { append, sample }, error =>
        {
            Assert.Contains("ObservationLength = 7", error.Message, StringComparison.Ordinal);
            Assert.Contains("ObservationLength = 1", error.Message, StringComparison.Ordinal);
        });
    }

    [Theory]
    [InlineData(new SlotFlags[0], 0, "is empty")]
    [InlineData(new[] { SlotFlags.Final }, 0, "slot 0 of 1 is final, but its segment has no step")]
    [InlineData(new[] { SlotFlags.None, SlotFlags.None }, 2, "slot 1 of 2 is the last, but not final")]
    [InlineData(new[] { SlotFlags.None, SlotFlags.Final, SlotFlags.Final }, 1, "slot 2 of 3 is final, but its segment has no step")]
    [InlineData(new[] { SlotFlags.Truncated, SlotFlags.None, SlotFlags.Final }, 2, "slot 1 of 3 follows a step that ended")]
    [InlineData(new[] { SlotFlags.Terminated | SlotFlags.Greedy, SlotFlags.None, SlotFlags.Final }, 2, "slot 1 of 3 follows a step that ended")]
    [InlineData(new[] { SlotFlags.None, SlotFlags.Final }, 2, "has a step count of 2, but its flags have 1 steps")]
    public void A_batch_that_is_not_whole_segments_is_refused(SlotFlags[] flags, int steps, string message)
    {
        SegmentBatch batch = Batch([.. flags.Select((f, i) => new Slot(i, i, i, 1, f))]);
        batch.StepCount = steps;
        PacedShard shard = Paced(capacity: 8);

        var error = Assert.Throws<ArgumentException>(() => shard.TryAppend(batch));

        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.Equal(0, shard.GetStatistics().Inserted);
    }

    [Fact]
    public void The_structure_check_finds_one_broken_slot_anywhere()
    {
        // Lengths around the vector width; the vectorized and the scalar part of the check must agree at every index.
        var random = new Pcg64(3);
        foreach (int length in new[] { 2, 31, 32, 33, 64, 65, 66, 97, 200 })
        {
            SlotFlags[] flags = [.. Segment(length - 1).Select(slot => slot.Flags)];
            Assert.Equal(length - 1, SegmentStructure.CountSteps(flags, out int fault));
            Assert.Equal(-1, fault);
            for (int i = 0; i < length - 2; i++)
            {
                flags[i] = random.NextInt(2) == 0 ? SlotFlags.Terminated : SlotFlags.Truncated | SlotFlags.Greedy;
                Assert.Equal(0, SegmentStructure.CountSteps(flags, out fault));
                Assert.Equal(i + 1, fault);
                flags[i] = SlotFlags.None;
            }
        }
    }
}
