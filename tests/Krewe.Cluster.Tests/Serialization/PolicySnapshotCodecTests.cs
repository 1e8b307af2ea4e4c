using Krewe.Contracts;
using Krewe.Contracts.Grains;

namespace Krewe.Cluster.Tests;

public sealed class PolicySnapshotCodecTests
{
    private readonly Pcg64 _random = RandomStreams.Create(9, RandomStream.Replay);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(4_610)]
    [InlineData(100_000)]
    public void A_policy_arrives_bit_by_bit(int parameters)
    {
        float[] values = [.. Enumerable.Range(0, parameters).Select(_ => BitConverter.Int32BitsToSingle((int)_random.NextUInt64()))];
        var sent = new PolicySnapshot((5L << 40) | 77, values);
        PolicySnapshot received = WireTwin.Cross(sent);
        Assert.Equal(sent.Version, received.Version);
        Assert.Equal(values.Select(BitConverter.SingleToInt32Bits), received.Parameters.ToArray().Select(BitConverter.SingleToInt32Bits));
    }

    [Fact]
    public void A_policy_takes_four_bytes_per_parameter() =>
        Assert.InRange(WireTwin.Write(new PolicySnapshot(1, new float[10_000])).Length, 40_000, 40_100);

    [Fact]
    public void A_truncated_policy_is_refused()
    {
        byte[] sent = WireTwin.Write(new PolicySnapshot(3, new float[] { 1, 2, 3, 4 }));
        for (int length = 0; length < sent.Length - 1; length++)
        {
            Assert.True(WireTwin.Refuses<PolicySnapshot>(sent[..length]), $"truncated at {length} of {sent.Length}");
        }
    }

    [Theory]
    [InlineData(7)]
    [InlineData(25)]
    [InlineData(1_000_000_000)]
    public void An_invalid_length_is_refused_before_memory_is_allocated_for_it(int length)
    {
        byte[] sent = WireTwin.Write(new PolicySnapshot(0x0102030405060708, new float[] { 1, 2, 3, 4 }));
        int at = sent.AsSpan().IndexOf(new byte[] { 8, 7, 6, 5, 4, 3, 2, 1 });
        byte[] forged = Forgery.WithLength(sent, at, length);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.True(WireTwin.Refuses<PolicySnapshot>(forged));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }
}
