using System.Buffers.Binary;
using Krewe.Contracts;
using Krewe.Contracts.Grains;
using Krewe.Tests;

namespace Krewe.Cluster.Tests;

public sealed class SampledBatchCodecTests
{
    private readonly Pcg64 _random = RandomStreams.Create(8, RandomStream.Replay);

    [Fact]
    public void Received_samples_equal_the_senders_bytes()
    {
        for (int i = 0; i < 200; i++)
        {
            int rows = 1 + _random.NextInt(100);
            SampledBatch batch = WireFixtures.RandomSample(_random, WireFixtures.RandomSpec(_random), rows + _random.NextInt(9), rows);
            byte[] bytes = batch.Bytes.ToArray();
            SampledBatch received = WireTwin.Cross(batch);
            Assert.Equal(bytes, received.Bytes.ToArray());
            SampledBatchCodec.Release(received);
        }
    }

    [Fact]
    public void Sent_samples_go_back_to_the_pool()
    {
        SegmentSpec spec = WireFixtures.RandomSpec(_random);
        SampledBatch batch = SampledBatchCodec.Rent(spec, 61);
        batch.TableSize = 1;
        _ = WireTwin.Write(batch);
        Assert.Throws<InvalidOperationException>(() => SampledBatchCodec.Release(batch));
    }

    [Fact]
    public void Truncated_samples_are_refused()
    {
        byte[] sent = WireTwin.Write(WireFixtures.RandomSample(_random, new SegmentSpec(ElementType.UInt8, 5, 3), 7, 7));
        for (int length = 0; length < sent.Length - 1; length++)
        {
            Assert.True(WireTwin.Refuses<SampledBatch>(sent[..length]), $"truncated at {length} of {sent.Length}");
        }
    }

    [Fact]
    public void A_block_longer_than_its_message_is_refused_before_memory_is_allocated_for_it()
    {
        var spec = new SegmentSpec(ElementType.Float32, 4, 2);
        byte[] sent = WireTwin.Write(WireFixtures.RandomSample(_random, spec, 8, 8));
        int at = sent.AsSpan().IndexOf("KRSB"u8);
        int rows = 64 * 40_000;
        BinaryPrimitives.WriteInt32LittleEndian(sent.AsSpan(at + 4), rows);
        byte[] forged = Forgery.WithLength(sent, at, SampledBatch.HeaderBytes + (rows * ((2 * spec.ObservationBytes) + 32)));
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.True(WireTwin.Refuses<SampledBatch>(forged));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }
}
