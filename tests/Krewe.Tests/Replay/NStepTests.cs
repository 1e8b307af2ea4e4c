using Krewe.Contracts;
using Krewe.Replay;
using static Krewe.Tests.ReplayFixtures;

namespace Krewe.Tests;

/// <summary>
/// Tests the table in the doc comment of <see cref="NStepAssembler"/> for n = 1 and 3, gamma = 0.5, and the effect of wrapping and
/// overwriting.
/// </summary>
public class NStepTests
{
    private const SlotFlags None = SlotFlags.None;

    private static readonly Slot[] Terminated =
    [
        new(100, 10, 1, 0.1f, None), new(101, 11, 2, 0.2f, SlotFlags.Greedy), new(102, 12, 4, 0.3f, None),
        new(103, 13, 8, 0.4f, SlotFlags.Terminated | SlotFlags.Greedy), new(104, 0, 999, 0, SlotFlags.Final),
    ];

    private static readonly Slot[] Truncated =
    [
        new(105, 15, 16, 0.5f, None), new(106, 16, 32, 0.6f, SlotFlags.Truncated), new(107, 0, 999, 0, SlotFlags.Final),
    ];

    private static readonly Slot[] Cut =
    [
        new(108, 18, 64, 0.7f, None), new(109, 19, 128, 0.8f, None), new(110, 0, 999, 0, SlotFlags.Final),
    ];

    public static TheoryData<int, long, float, float, float> Table => new()
    {
        // n, position, return, discount, next observation
        { 1, 0, 1, 0.5f, 101 },
        { 1, 1, 2, 0.5f, 102 },
        { 1, 2, 4, 0.5f, 103 },
        { 1, 3, 8, 0, 104 },
        { 1, 5, 16, 0.5f, 106 },
        { 1, 6, 32, 0.5f, 107 },
        { 1, 8, 64, 0.5f, 109 },
        { 1, 9, 128, 0.5f, 110 },
        { 3, 0, 3, 0.125f, 103 },
        { 3, 1, 6, 0, 104 },
        { 3, 2, 8, 0, 104 },
        { 3, 3, 8, 0, 104 },
        { 3, 5, 32, 0.25f, 107 },
        { 3, 6, 32, 0.5f, 107 },
        { 3, 8, 128, 0.25f, 110 },
        { 3, 9, 128, 0.5f, 110 },
        { 10, 0, 4, 0, 104 },
        { 10, 5, 32, 0.25f, 107 },
        { 10, 8, 128, 0.25f, 110 },
    };

    [Theory]
    [MemberData(nameof(Table))]
    public void A_transition_matches_the_table(int n, long position, float sum, float discount, float next)
    {
        PacedShard shard = Paced(capacity: 11, nStep: n);
        shard.TryAppend(Batch([.. Terminated, .. Truncated, .. Cut]));

        Row row = SampleAll(shard, Scalar, draws: 2048)[position];

        Assert.Equal(new Row(100 + position, 10 + (int)position, sum, discount, next), row);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Final_slots_are_never_sampled(int n)
    {
        PacedShard shard = Paced(capacity: 11, nStep: n);
        shard.TryAppend(Batch([.. Terminated, .. Truncated, .. Cut]));

        Assert.Equal([0, 1, 2, 3, 5, 6, 8, 9], SampleAll(shard, Scalar, draws: 4096).Keys.Order());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void The_wrap_of_the_ring_changes_nothing(int shift)
    {
        // Fillers of 2 + shift slots put the segment's slots before, on and after the end of a ring of 8.
        PacedShard shard = Paced(capacity: 8, nStep: 3);
        shard.TryAppend(Batch(Segment(steps: 1 + shift, first: 500)));
        shard.TryAppend(Batch(Terminated));

        Dictionary<long, Row> rows = SampleAll(shard, Scalar, draws: 2048);

        long start = 2 + shift;
        Assert.Equal(new Row(100, 10, 3, 0.125f, 103), rows[start]);
        Assert.Equal(new Row(101, 11, 6, 0, 104), rows[start + 1]);
        Assert.Equal(new Row(102, 12, 8, 0, 104), rows[start + 2]);
        Assert.Equal(new Row(103, 13, 8, 0, 104), rows[start + 3]);
    }

    [Theory]
    [InlineData(2, new long[] { 2, 3, 5, 6 })]
    [InlineData(3, new long[] { 3, 5, 6 })]
    [InlineData(4, new long[] { 5, 6 })] // only the final slot is left of the first segment
    [InlineData(5, new long[] { 5, 6 })]
    [InlineData(6, new long[] { 6 })]
    [InlineData(7, new long[] { })]
    [InlineData(8, new long[] { })]
    public void The_remainder_of_an_overwritten_segment_consists_of_whole_transitions(int overwritten, long[] left)
    {
        PacedShard shard = Paced(capacity: 8, nStep: 3);
        shard.TryAppend(Batch(Terminated));
        shard.TryAppend(Batch(Truncated));
        shard.TryAppend(Batch(Segment(steps: overwritten - 1, first: 500)));
        var expected = new Dictionary<long, Row>
        {
            [2] = new(102, 12, 8, 0, 104),
            [3] = new(103, 13, 8, 0, 104),
            [5] = new(105, 15, 32, 0.25f, 107),
            [6] = new(106, 16, 32, 0.5f, 107),
        };

        Dictionary<long, Row> rows = SampleAll(shard, Scalar, draws: 4096);

        Assert.Equal(left, rows.Keys.Where(position => position < 8).Order());
        Assert.Equal(overwritten - 1, rows.Keys.Count(position => position >= 8));
        Assert.All(left, position => Assert.Equal(expected[position], rows[position]));
        Assert.Equal(left.Length + overwritten - 1, shard.Size);
    }
}
