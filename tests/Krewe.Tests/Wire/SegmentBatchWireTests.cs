using System.Buffers.Binary;
using Krewe.Contracts;
using Krewe.Replay;
using static Krewe.Tests.WireFixtures;

namespace Krewe.Tests;

public class SegmentBatchWireTests
{
    private static readonly SegmentSpec Spec = new(ElementType.Float32, observationLength: 4, actionCount: 2);

    [Fact]
    public void A_batch_arrives_byte_for_byte()
    {
        var random = new Pcg64(1);
        for (int round = 0; round < 300; round++)
        {
            SegmentSpec spec = RandomSpec(random);
            SegmentBatch sent = RandomSegments(random, spec, segments: 1 + random.NextInt(6), actor: random.NextInt(100), sequence: round);

            SegmentBatchHeader header = SegmentBatchHeader.Read(sent.Bytes.Span);
            var received = new SegmentBatch(spec, sent.SlotCount + random.NextInt(10));
            header.CheckLength(sent.Bytes.Length);
            sent.Bytes.Span[SegmentBatch.HeaderBytes..].CopyTo(received.Receive(header));

            Assert.Equal(spec, header.Spec);
            Assert.Equal((sent.ActorId, sent.PolicyVersion, sent.Sequence), (header.ActorId, header.PolicyVersion, header.Sequence));
            Assert.Equal((sent.SlotCount, sent.StepCount, sent.Bytes.Length), (header.SlotCount, header.StepCount, header.TotalBytes));
            Assert.True(sent.Bytes.Span.SequenceEqual(received.Bytes.Span));
            Assert.Equal(sent.ActionBytes.ToArray(), received.ActionBytes.ToArray());
            Assert.Equal(sent.Priorities.ToArray(), received.Priorities.ToArray());
            Assert.Equal(header.HasPriorities ? sent.SlotCount : 0, sent.Priorities.Length);
            SegmentBatchCheck.Values(received);
            new SegmentRing(spec, 200).Check(received);
        }
    }

    [Theory]
    [InlineData(-1f)]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void An_invalid_initial_priority_is_refused_on_arrival_and_by_the_ring(float priority)
    {
        SegmentBatch batch = RandomSegments(new Pcg64(1), Spec, segments: 2, actor: 5, sequence: 6);
        batch.Priorities[1] = priority;
        string message = FormattableString.Invariant(
            $"segment batch 6 of actor 5, slot 1 of {batch.SlotCount}: initial priority {priority}, expected a finite number, at least 0");
        Assert.Equal(message, Assert.Throws<InvalidDataFormatException>(() => SegmentBatchCheck.Values(batch)).Message);
        Assert.Equal(message, Assert.Throws<InvalidDataFormatException>(() => new SegmentRing(Spec, 200).Append(batch)).Message);
    }

    [Fact]
    public void The_header_has_the_documented_layout()
    {
        var batch = new SegmentBatch(new SegmentSpec(ElementType.Int32, 1, actionCount: 4, observationCount: 16), slotCapacity: 9);
        batch.Start(actorId: 5, policyVersion: 6, sequence: 7, slotCount: 8);
        batch.StepCount = 6;
        ReadOnlySpan<byte> bytes = batch.Bytes.Span;

        Assert.Equal("KRSG"u8, bytes[..4]);
        Assert.Equal(5, BinaryPrimitives.ReadInt32LittleEndian(bytes[4..]));
        Assert.Equal(batch.Spec.Hash, BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]));
        Assert.Equal((6L, 7L), (BinaryPrimitives.ReadInt64LittleEndian(bytes[16..]), BinaryPrimitives.ReadInt64LittleEndian(bytes[24..])));
        int[] numbers = [.. Enumerable.Range(8, 6).Select(i => BinaryPrimitives.ReadInt32LittleEndian(batch.Bytes.Span[(4 * i)..]))];
        Assert.Equal([8, 6, 2, 1, 4, 16], numbers);
        Assert.Equal((1, 2, 1), (Number(56), Number(60), Number(64))); // format version, action type and length
        Assert.Equal(new byte[60], bytes[68..128]);

        int Number(int offset) => BinaryPrimitives.ReadInt32LittleEndian(batch.Bytes.Span[offset..]);
    }

    [Fact]
    public void The_padding_between_columns_is_zero_in_a_reused_batch()
    {
        var batch = new SegmentBatch(new SegmentSpec(ElementType.UInt8, observationLength: 3, actionCount: 2), slotCapacity: 9);
        batch.Start(0, 0, 0, slotCount: 9);
        batch.Observations.Fill(255);

        batch.Start(0, 0, 0, slotCount: 3); // 9 bytes of observations and 3 of padding
        Assert.Equal(new byte[3], batch.Bytes.Span.Slice(SegmentBatch.HeaderBytes + 9, 3));
    }

    [Fact]
    public void Every_flipped_bit_of_a_header_outside_the_identity_of_the_batch_is_refused()
    {
        var random = new Pcg64(2);
        SegmentBatch sent = RandomSegments(random, Spec, segments: 4);
        var ring = new SegmentRing(Spec, 200);
        for (int bit = 0; bit < 8 * SegmentBatch.HeaderBytes; bit++)
        {
            byte[] bytes = sent.Bytes.ToArray();
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));

            // Actor, version and sequence identify the batch: any number is valid unless it is negative.
            bool isIdentity = bit / 8 is (>= 4 and < 8) or (>= 16 and < 32) && bit is not (63 or 191 or 255);
            Assert.Equal(isIdentity, IsAccepted(bytes, ring));
        }

        Assert.True(IsAccepted(sent.Bytes.ToArray(), ring));
    }

    [Theory]
    [InlineData(0, 0x12345678, "magic 12345678, expected 4753524b")]
    [InlineData(4, -2, "actor id -2, expected 0 or more")]
    [InlineData(8, 1, "expected ")] // the hash's lower half
    [InlineData(20, -1, "policy version -4294967")]
    [InlineData(28, -1, "sequence -4294967")]
    [InlineData(32, -5, "slot count -5, expected at least 2")]
    [InlineData(32, 0, "slot count 0, expected at least 2")]
    [InlineData(36, -1, "step count -1, expected 5 to 9 for 10 slots")]
    [InlineData(36, 4, "step count 4, expected 5 to 9 for 10 slots")]
    [InlineData(36, 10, "step count 10, expected 5 to 9 for 10 slots")]
    [InlineData(40, 3, "element type 3, expected 0 (float32), 1 (uint8) or 2 (int32)")]
    [InlineData(40, 256, "element type 256")]
    [InlineData(44, 0, "observation length 0, expected 1 to 67108864")]
    [InlineData(44, int.MaxValue, "observation length 2147483647, expected 1 to 67108864")]
    [InlineData(48, 0, "action count 0, expected at least 1 for int32 actions and 0 for float32")]
    [InlineData(52, 5, "observation count 5, expected at least 1 for int32 observations and 0 for others")]
    [InlineData(56, 0, "format version 0, expected 1")]
    [InlineData(56, 2, "format version 2, expected 1")]
    [InlineData(60, 1, "action type 1, expected 0 (float32) or 2 (int32)")]
    [InlineData(60, 0, "action count 2, expected at least 1 for int32 actions and 0 for float32")]
    [InlineData(64, 2, "action length 2, expected 1 to 1")]
    [InlineData(68, 2, "initial priorities 2, expected 0 (none) or 1")]
    [InlineData(72, 1, "reserved byte 72 is 1, expected 0")]
    [InlineData(124, 1 << 24, "reserved byte 127 is 1, expected 0")]
    public void A_refusal_names_the_field_its_value_and_what_was_expected(int offset, int value, string message)
    {
        var batch = new SegmentBatch(Spec, slotCapacity: 10);
        batch.Start(actorId: 1, policyVersion: 2, sequence: 3, slotCount: 10);
        batch.StepCount = 8;
        byte[] bytes = batch.Bytes.ToArray();
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(offset), value);

        var error = Assert.Throws<InvalidDataFormatException>(() => SegmentBatchHeader.Read(bytes));

        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.StartsWith("segment batch", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_header_of_more_than_the_largest_batch_is_refused_before_anything_is_allocated()
    {
        var batch = new SegmentBatch(Spec, slotCapacity: 10);
        batch.Start(actorId: 1, policyVersion: 2, sequence: 3, slotCount: 10);
        byte[] bytes = batch.Bytes.ToArray();
        int most = (SegmentBatch.MaxBytes - SegmentBatch.HeaderBytes) / Spec.SlotBytes;
        foreach ((int slots, bool fits) in new[] { (most, true), (most + 1, false), (int.MaxValue, false) })
        {
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(32), slots);
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(36), slots - 1);
            Exception? error = Record.Exception(() => SegmentBatchHeader.Read(bytes));
            if (fits)
            {
                Assert.Null(error);
            }
            else
            {
                Assert.Contains("expected at most 268435456", Assert.IsType<InvalidDataFormatException>(error).Message, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public void Garbage_and_truncated_headers_are_refused_with_one_type_of_exception()
    {
        var random = new Pcg64(3);
        byte[] valid = RandomSegments(random, Spec, segments: 2).Bytes[..SegmentBatch.HeaderBytes].ToArray();
        int accepted = 0;
        for (int round = 0; round < 20_000; round++)
        {
            byte[] bytes = [.. valid];
            switch (random.NextInt(4))
            {
                case 0:
                    random.NextBytes(bytes.AsSpan(random.NextInt(8)));
                    break;
                case 1:
                    bytes = bytes[..random.NextInt(SegmentBatch.HeaderBytes)];
                    break;
                default:
                    bool discrete = random.NextInt(2) == 0;
                    ForgeSpec(
                        bytes, random.NextInt(5), Edge(random), discrete ? Edge(random) : random.NextInt(2), random.NextInt(3),
                        discrete ? 2 : random.NextInt(4), discrete ? 1 + random.NextInt(2) : Edge(random));
                    BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(32), Edge(random));
                    BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(36), Edge(random));
                    break;
            }

            try
            {
                SegmentBatchHeader header = SegmentBatchHeader.Read(bytes);
                accepted++;
                Assert.InRange(header.TotalBytes, SegmentBatch.HeaderBytes + (2 * header.Spec.SlotBytes), SegmentBatch.MaxBytes);
                if (header.TotalBytes < 1 << 20)
                {
                    Span<byte> body = new SegmentBatch(header.Spec, header.SlotCount).Receive(header);
                    Assert.Equal(header.TotalBytes, SegmentBatch.HeaderBytes + body.Length);
                }
            }
            catch (InvalidDataFormatException)
            {
                // The expected type.
            }
        }

        Assert.NotEqual(0, accepted); // some forged headers are valid
    }

    [Fact]
    public void A_batch_of_another_spec_or_with_too_few_slots_does_not_receive()
    {
        SegmentBatch sent = RandomSegments(new Pcg64(4), Spec, segments: 3);
        SegmentBatchHeader header = SegmentBatchHeader.Read(sent.Bytes.Span);
        var other = new SegmentBatch(new SegmentSpec(ElementType.Float32, observationLength: 5, actionCount: 2), slotCapacity: 100);

        Assert.Contains("ObservationLength = 5", Assert.Throws<ArgumentException>(() => { other.Receive(header); }).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => { new SegmentBatch(Spec, sent.SlotCount - 1).Receive(header); });
        Assert.Throws<ArgumentException>(() => { new SegmentBatch(Spec, 10).Receive(default); });
        Assert.Throws<InvalidDataFormatException>(() => header.CheckLength(sent.Bytes.Length - 1));
        Assert.Throws<InvalidDataFormatException>(() => header.CheckLength(sent.Bytes.Length + 1));
    }

    private static bool IsAccepted(byte[] bytes, SegmentRing ring)
    {
        try
        {
            SegmentBatchHeader header = SegmentBatchHeader.Read(bytes);
            header.CheckLength(bytes.Length);
            var batch = new SegmentBatch(header.Spec, header.SlotCount);
            bytes.AsSpan(SegmentBatch.HeaderBytes).CopyTo(batch.Receive(header));
            SegmentBatchCheck.Values(batch);
            ring.Check(batch);
            return true;
        }
        catch (Exception e) when (e is InvalidDataFormatException or ArgumentException)
        {
            return false;
        }
    }
}
