using Krewe.Contracts;
using Krewe.Contracts.Grains;
using static Krewe.Tests.WireFixtures;

namespace Krewe.Tests;

public class BatchPoolTests
{
    private static readonly SegmentSpec Spec = new(ElementType.Float32, observationLength: 4, actionCount: 2);
    private static readonly SegmentSpec Other = new(ElementType.Float32, observationLength: 5, actionCount: 2);

    [Theory]
    [InlineData(1, 2)]
    [InlineData(2, 2)]
    [InlineData(3, 4)]
    [InlineData(64, 64)]
    [InlineData(65, 128)]
    public void A_rented_batch_has_room_for_the_next_power_of_two(int slots, int capacity)
    {
        SegmentBatch batch = new SegmentBatchPool(4, 1 << 20).Rent(Spec, slots);
        SampledBatch sampled = new SampledBatchPool(4, 1 << 20).Rent(Spec, Math.Max(2, slots));

        Assert.Equal((capacity, capacity, Math.Max(2, slots)), (batch.SlotCapacity, sampled.Capacity, sampled.Count));
    }

    [Fact]
    public void A_returned_batch_is_reused_where_it_fits()
    {
        var pool = new SegmentBatchPool(most: 4, mostBytes: 1 << 20);
        SegmentBatch batch = pool.Rent(Spec, 100);
        pool.Return(batch);

        Assert.NotSame(batch, pool.Rent(Other, 100));
        Assert.NotSame(batch, pool.Rent(Spec, 200));
        Assert.Same(batch, pool.Rent(Spec, 120));
        Assert.NotSame(batch, pool.Rent(Spec, 120));
    }

    [Fact]
    public void Specs_are_compared_by_their_numbers_not_by_instance()
    {
        var pool = new SampledBatchPool(most: 4, mostBytes: 1 << 20);
        SampledBatch batch = pool.Rent(Spec, 100);
        pool.Return(batch);
        SampledBatch again = pool.Rent(new SegmentSpec(ElementType.Float32, observationLength: 4, actionCount: 2), 70);

        Assert.Same(batch, again);
        Assert.Equal(70, again.Count);
    }

    [Fact]
    public void Beyond_the_maximum_the_batches_unused_for_longest_are_dropped()
    {
        var pool = new SegmentBatchPool(most: 2, mostBytes: 1 << 20);
        SegmentBatch[] batches = [.. Enumerable.Range(0, 3).Select(_ => pool.Rent(Spec, 10))];
        Array.ForEach(batches, pool.Return);

        Assert.Equal(2, pool.Waiting);
        Assert.Same(batches[2], pool.Rent(Spec, 10));
        Assert.Same(batches[1], pool.Rent(Spec, 10));
        Assert.DoesNotContain(pool.Rent(Spec, 10), batches);
    }

    [Fact]
    public void The_budget_of_bytes_is_never_exceeded()
    {
        // 128 slots are 128 + 128 * 33 bytes, initial priorities included: two fit.
        var pool = new SegmentBatchPool(most: 100, mostBytes: 9000);
        SegmentBatch[] batches = [.. Enumerable.Range(0, 3).Select(_ => pool.Rent(Spec, 128))];
        Array.ForEach(batches, pool.Return);
        Assert.Equal(2, pool.Waiting);

        pool.Return(pool.Rent(Spec, 512)); // too large by itself: does not evict the others
        Assert.Equal(2, pool.Waiting);
    }

    [Fact]
    public void Returning_a_batch_twice_throws()
    {
        var pool = new SegmentBatchPool(most: 4, mostBytes: 1 << 20);
        SegmentBatch batch = pool.Rent(Spec, 10);
        pool.Return(batch);
        Assert.Throws<InvalidOperationException>(() => pool.Return(batch));
    }

    [Fact]
    public void Many_threads_never_hold_the_same_batch()
    {
        var pool = new SegmentBatchPool(most: 3, mostBytes: 1 << 20);
        Parallel.For(0, 8, thread =>
        {
            for (int i = 0; i < 2_000; i++)
            {
                SegmentBatch batch = pool.Rent(Spec, 10);
                batch.Start(thread, 0, i, slotCount: 2);
                batch.Actions.Fill(thread);
                Assert.Equal((thread, (long)i, thread), (batch.ActorId, batch.Sequence, batch.Actions[1]));
                pool.Return(batch);
            }
        });
        Assert.InRange(pool.Waiting, 1, 3);
    }

    [Fact]
    public void Receiving_and_checking_allocate_nothing_once_the_pools_are_warm()
    {
        byte[] segments = RandomSegments(new Pcg64(1), Spec, segments: 20).Bytes.ToArray();
        byte[] sample = RandomSample(new Pcg64(2), Spec, capacity: 64, count: 50).Bytes.ToArray();
        var segmentPool = new SegmentBatchPool(most: 4, mostBytes: 1 << 20);
        var samplePool = new SampledBatchPool(most: 4, mostBytes: 1 << 20);
        Cycle();
        Cycle();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++)
        {
            Cycle();
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Cycle()
        {
            SegmentBatchHeader header = SegmentBatchHeader.Read(segments);
            header.CheckLength(segments.Length);
            SegmentBatch batch = segmentPool.Rent(header.Spec, header.SlotCount);
            segments.AsSpan(SegmentBatch.HeaderBytes).CopyTo(batch.Receive(header));
            SegmentBatchCheck.Values(batch);
            segmentPool.Return(batch);

            SampledBatchHeader sampleHeader = SampledBatchHeader.Read(sample);
            SampledBatch rows = samplePool.Rent(sampleHeader.Spec, sampleHeader.Count);
            sample.AsSpan(SampledBatch.HeaderBytes).CopyTo(rows.Receive(sampleHeader));
            SampledBatch part = samplePool.Rent(sampleHeader.Spec, 7);
            part.CopyRows(rows, 3, 0, 7);
            samplePool.Return(part);
            samplePool.Return(rows);
        }
    }
}
