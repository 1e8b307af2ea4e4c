using System.Buffers.Binary;
using Krewe.Contracts;
using static Krewe.Tests.WireFixtures;

namespace Krewe.Tests;

public class SampledBatchWireTests
{
    private static readonly SegmentSpec Spec = new(ElementType.Float32, observationLength: 4, actionCount: 2);

    [Fact]
    public void A_batch_arrives_byte_for_byte_even_in_a_larger_one()
    {
        var random = new Pcg64(1);
        for (int round = 0; round < 300; round++)
        {
            SegmentSpec spec = RandomSpec(random);
            int count = 1 + random.NextInt(70);
            SampledBatch sent = RandomSample(random, spec, capacity: count + random.NextInt(10), count);

            SampledBatchHeader header = SampledBatchHeader.Read(sent.Bytes.Span);
            header.CheckLength(sent.Bytes.Length);
            SampledBatch received = RandomSample(random, spec, capacity: count + 20, count: 1 + random.NextInt(count + 20));
            sent.Bytes.Span[SampledBatch.HeaderBytes..].CopyTo(received.Receive(header));

            Assert.Equal(spec, header.Spec);
            Assert.Equal((count, sent.TableSize, sent.Bytes.Length), (header.Count, header.TableSize, header.TotalBytes));
            Assert.Equal((count, sent.TableSize), (received.Count, received.TableSize));
            Assert.True(sent.Bytes.Span.SequenceEqual(received.Bytes.Span));
            Assert.Equal(Row(sent, count - 1), Row(received, count - 1));
        }
    }

    [Fact]
    public void A_resized_batch_has_the_layout_of_a_new_one_and_clean_padding()
    {
        var random = new Pcg64(2);
        var spec = new SegmentSpec(ElementType.UInt8, observationLength: 7, actionCount: 3);
        SampledBatch resized = RandomSample(random, spec, capacity: 50, count: 50);
        foreach (int count in new[] { 1, 50, 13, 14, 3 })
        {
            SampledBatch fresh = RandomSample(new Pcg64((ulong)count), spec, capacity: count, count);
            resized.Resize(count);
            resized.TableSize = fresh.TableSize;
            resized.CopyRows(fresh, 0, 0, count);

            Assert.Equal((count, 50), (resized.Count, resized.Capacity));
            Assert.True(fresh.Bytes.Span.SequenceEqual(resized.Bytes.Span));
        }

        Assert.Throws<ArgumentOutOfRangeException>(() => resized.Resize(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => resized.Resize(51));
        Assert.Equal(3, resized.Count);
    }

    [Fact]
    public void Column_groups_stay_at_multiples_of_64_bytes()
    {
        var spec = new SegmentSpec(ElementType.UInt8, observationLength: 7, actionCount: 3);
        var batch = new SampledBatch(spec, 50);
        for (int count = 1; count <= 50; count++)
        {
            batch.Resize(count);
            Assert.Equal(0, Offset(batch, batch.Observations) % 64);
            Assert.Equal(0, Offset(batch, batch.NextObservations) % 64);
            Assert.Equal(0, Offset(batch, System.Runtime.InteropServices.MemoryMarshal.AsBytes(batch.Returns)) % 64);
            Assert.Equal(0, Offset(batch, System.Runtime.InteropServices.MemoryMarshal.AsBytes(batch.Positions)) % 64);
        }
    }

    [Fact]
    public void Copied_rows_equal_the_source_and_other_rows_are_unchanged()
    {
        var random = new Pcg64(3);
        for (int round = 0; round < 100; round++)
        {
            SegmentSpec spec = RandomSpec(random);
            SampledBatch source = RandomSample(random, spec, capacity: 20, count: 12);
            SampledBatch batch = RandomSample(random, spec, capacity: 30, count: 25);
            int count = random.NextInt(13);
            int from = random.NextInt(13 - count);
            int to = random.NextInt(26 - count);
            string[] expected = [.. Enumerable.Range(0, 25).Select(i => Row(batch, i))];
            for (int i = 0; i < count; i++)
            {
                expected[to + i] = Row(source, from + i);
            }

            long tableSize = batch.TableSize;
            batch.CopyRows(source, from, to, count);

            Assert.Equal(expected, Enumerable.Range(0, 25).Select(i => Row(batch, i)));
            Assert.Equal(tableSize, batch.TableSize);
        }
    }

    [Fact]
    public void Missing_rows_and_rows_of_another_spec_are_not_copied()
    {
        SampledBatch batch = RandomSample(new Pcg64(4), Spec, capacity: 8, count: 8);
        Assert.ThrowsAny<ArgumentException>(() => batch.CopyRows(new SampledBatch(Spec, 3), 1, 0, 3));
        Assert.ThrowsAny<ArgumentException>(() => batch.CopyRows(new SampledBatch(Spec, 3), 0, 6, 3));
        Assert.ThrowsAny<ArgumentException>(() => batch.CopyRows(new SampledBatch(Spec, 3), 0, -1, 1));
        Assert.Throws<ArgumentException>(() => batch.CopyRows(new SampledBatch(new SegmentSpec(ElementType.UInt8, 4, 2), 3), 0, 0, 1));
    }

    [Fact]
    public void Every_flipped_bit_of_a_header_outside_the_table_size_is_refused()
    {
        byte[] sent = RandomSample(new Pcg64(5), Spec, capacity: 40, count: 37).Bytes.ToArray();
        for (int bit = 0; bit < 8 * SampledBatch.HeaderBytes; bit++)
        {
            byte[] bytes = [.. sent];
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            bool isTableSize = bit / 8 is >= 16 and < 24 && bit != 191;
            Exception? error = Record.Exception(() => SampledBatchHeader.Read(bytes).CheckLength(bytes.Length));
            Assert.Equal(isTableSize, error is null);
            Assert.True(error is null or InvalidDataFormatException, $"bit {bit}: {error}");
        }
    }

    [Theory]
    [InlineData(0, 0x4753524b, "magic 4753524b, expected 4253524b")] // a segment batch
    [InlineData(4, 0, "count 0, expected at least 1")]
    [InlineData(4, -1, "count -1, expected at least 1")]
    [InlineData(4, int.MaxValue, "expected at most 268435456")]
    [InlineData(20, -1, "table size -429496")]
    [InlineData(24, 1, "reserved byte 24 is 1, expected 0")]
    [InlineData(36, 1 << 24, "reserved byte 39 is 1, expected 0")]
    [InlineData(48, -1, "action count -1, expected at least 1")]
    [InlineData(56, 0, "format version 0, expected 1")]
    [InlineData(100, 1, "reserved byte 100 is 1, expected 0")]
    public void A_refusal_names_the_field_its_value_and_what_was_expected(int offset, int value, string message)
    {
        byte[] bytes = RandomSample(new Pcg64(6), Spec, capacity: 5, count: 5).Bytes.ToArray();
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(offset), value);

        var error = Assert.Throws<InvalidDataFormatException>(() => SampledBatchHeader.Read(bytes));

        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.StartsWith("sampled batch", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Garbage_and_truncated_headers_are_refused_with_one_type_of_exception()
    {
        var random = new Pcg64(7);
        byte[] valid = RandomSample(random, Spec, capacity: 5, count: 5).Bytes[..SampledBatch.HeaderBytes].ToArray();
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
                    bytes = bytes[..random.NextInt(SampledBatch.HeaderBytes)];
                    break;
                default:
                    bool discrete = random.NextInt(2) == 0;
                    ForgeSpec(
                        bytes, random.NextInt(5), Edge(random), discrete ? Edge(random) : random.NextInt(2), random.NextInt(3),
                        discrete ? 2 : random.NextInt(4), discrete ? 1 + random.NextInt(2) : Edge(random));
                    BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(4), Edge(random));
                    break;
            }

            try
            {
                SampledBatchHeader header = SampledBatchHeader.Read(bytes);
                accepted++;
                Assert.InRange(header.TotalBytes, SampledBatch.HeaderBytes + 1, SampledBatch.MaxBytes);
                if (header.TotalBytes < 1 << 20)
                {
                    Span<byte> body = new SampledBatch(header.Spec, header.Count).Receive(header);
                    Assert.Equal(header.TotalBytes, SampledBatch.HeaderBytes + body.Length);
                }
            }
            catch (InvalidDataFormatException)
            {
                // The expected type.
            }
        }

        Assert.NotEqual(0, accepted);
    }

    [Fact]
    public void A_batch_of_another_spec_or_with_too_few_rows_does_not_receive()
    {
        SampledBatchHeader header = SampledBatchHeader.Read(RandomSample(new Pcg64(8), Spec, capacity: 5, count: 5).Bytes.Span);

        Assert.Throws<ArgumentOutOfRangeException>(() => { new SampledBatch(Spec, 4).Receive(header); });
        Assert.Throws<ArgumentException>(() => { new SampledBatch(new SegmentSpec(ElementType.UInt8, 4, 2), 9).Receive(header); });
        Assert.Throws<ArgumentException>(() => { new SampledBatch(Spec, 4).Receive(default); });
    }

    private static long Offset(SampledBatch batch, ReadOnlySpan<byte> column) =>
        System.Runtime.CompilerServices.Unsafe.ByteOffset(
            ref System.Runtime.InteropServices.MemoryMarshal.GetReference(batch.Bytes.Span),
            ref System.Runtime.InteropServices.MemoryMarshal.GetReference(column));

    /// <summary>Formats all columns of a row.</summary>
    private static string Row(SampledBatch batch, int i)
    {
        int bytes = batch.Spec.ObservationBytes;
        string s = Convert.ToHexString(batch.Observations.Slice(i * bytes, bytes));
        string next = Convert.ToHexString(batch.NextObservations.Slice(i * bytes, bytes));
        string action = Convert.ToHexString(batch.ActionBytes.Slice(i * batch.Spec.ActionBytes, batch.Spec.ActionBytes));
        return FormattableString.Invariant(
            $"{s} {next} {batch.Returns[i]} {batch.Discounts[i]} {batch.Weights[i]} {batch.Probabilities[i]} {action} {batch.Shards[i]} {batch.Positions[i]}");
    }
}
