using System.Buffers.Binary;
using Krewe.Contracts;
using Krewe.Contracts.Grains;
using Krewe.Tests;

namespace Krewe.Cluster.Tests;

public sealed class SegmentBatchCodecTests
{
    private readonly Pcg64 _random = RandomStreams.Create(7, RandomStream.Replay);

    [Fact]
    public void A_received_batch_equals_the_senders_bytes()
    {
        for (int i = 0; i < 200; i++)
        {
            SegmentBatch batch = WireFixtures.RandomSegments(_random, WireFixtures.RandomSpec(_random), segments: 1 + (i % 5));
            SegmentBatch received = WireTwin.Cross(batch);
            Assert.Equal(batch.Bytes.ToArray(), received.Bytes.ToArray());
            Assert.True(received.IsReceived);
            Assert.False(batch.IsReceived);
            Assert.NotSame(batch, received);
            SegmentBatchCodec.Release(received);
        }
    }

    [Fact]
    public void Reused_memory_shows_nothing_of_an_earlier_batch()
    {
        SegmentSpec spec = WireFixtures.RandomSpec(_random);
        SegmentBatchCodec.Release(WireTwin.Cross(WireFixtures.RandomSegments(_random, spec, segments: 4)));
        SegmentBatch next = WireFixtures.RandomSegments(_random, spec, segments: 1);
        Assert.Equal(next.Bytes.ToArray(), WireTwin.Cross(next).Bytes.ToArray());
    }

    [Fact]
    public void A_truncated_batch_is_refused()
    {
        byte[] sent = WireTwin.Write(WireFixtures.RandomSegments(_random, new SegmentSpec(Contracts.ElementType.Float32, 4, 2), segments: 2));
        for (int length = 0; length < sent.Length - 1; length++)
        {
            Assert.True(WireTwin.Refuses<SegmentBatch>(sent[..length]), $"truncated at {length} of {sent.Length}");
        }
    }

    [Fact]
    public void Any_byte_before_the_values_may_be_damaged()
    {
        SegmentBatch batch = WireFixtures.RandomSegments(_random, new SegmentSpec(Contracts.ElementType.Float32, 4, 2), segments: 2);
        byte[] sent = WireTwin.Write(batch);
        int values = sent.AsSpan().IndexOf("KRSG"u8) + SegmentBatch.HeaderBytes;
        int refused = 0;
        for (int i = 0; i < 5_000; i++)
        {
            byte[] damaged = [.. sent];
            damaged[_random.NextInt(values)] ^= (byte)(1 + _random.NextInt(255));
            refused += WireTwin.Refuses<SegmentBatch>(damaged) ? 1 : 0;
        }

        // Any actor, version or sequence is valid; all else is refused. Values are checked by the shard.
        Assert.InRange(refused, 2_500, 5_000);
    }

    [Fact]
    public void A_block_longer_than_its_message_is_refused_before_memory_is_allocated_for_it()
    {
        // A valid header, but none of its 200 MB of slots is in the message.
        var spec = new SegmentSpec(Contracts.ElementType.Float32, 4, 2);
        byte[] sent = WireTwin.Write(WireFixtures.RandomSegments(_random, spec, segments: 2));
        int at = sent.AsSpan().IndexOf("KRSG"u8);
        int slots = 7_000_000;
        int total = SegmentBatch.HeaderBytes + (slots * spec.SlotBytes);
        BinaryPrimitives.WriteInt32LittleEndian(sent.AsSpan(at + 32), slots);
        BinaryPrimitives.WriteInt32LittleEndian(sent.AsSpan(at + 36), slots - 1);
        byte[] forged = [.. Forgery.WithLength(sent, at, total)];
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.True(WireTwin.Refuses<SegmentBatch>(forged));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }
}
