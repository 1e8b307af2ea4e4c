using System.Buffers.Binary;
using System.Security.Cryptography;
using Krewe.Contracts;
using Krewe.Replay;
using static Krewe.Tests.ReplayFixtures;

namespace Krewe.Tests;

public sealed class ShardFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("krewe-shard-").FullName;

    private string File => Path.Combine(_folder, "shard-0.replay");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(1000)] // has not wrapped
    [InlineData(61)] // has wrapped
    public void A_loaded_shard_continues_like_the_saved_one(int capacity)
    {
        PacedShard saved = Filled(capacity);
        saved.Save(File);
        PacedShard loaded = Paced(capacity, nStep: 3, limiter: Limits, seed: 99);
        loaded.TryAppend(Batch(Segment(steps: 3, first: 7000)));

        loaded.Load(File);

        ReplayStatistics expected = saved.GetStatistics() with { AppendWait = default, SampleWait = default };
        Assert.Equal(expected, loaded.GetStatistics() with { AppendWait = default, SampleWait = default });
        var batches = new[] { new SampledBatch(Scalar, 16), new SampledBatch(Scalar, 16) };
        for (int i = 0; i < 30; i++)
        {
            Assert.Equal(saved.TrySample(batches[0]), loaded.TrySample(batches[1]));
            Assert.Equal(batches[0].Bytes.ToArray(), batches[1].Bytes.ToArray());
            SegmentBatch more = Batch(Segment(steps: 1 + (i % 8), first: 8000 + (10 * i)));
            Assert.Equal(saved.TryAppend(more), loaded.TryAppend(more));
        }

        Assert.Single(Directory.GetFiles(_folder));
    }

    [Theory]
    [InlineData(61)]
    [InlineData(500)]
    [InlineData(20)]
    [InlineData(2)]
    public void A_shard_of_another_capacity_takes_the_newest_slots_that_fit(int capacity)
    {
        PacedShard saved = Filled(capacity: 60);
        saved.Save(File);
        Dictionary<long, Row> all = SampleAll(Unlimited(saved, capacity: 60), Scalar, draws: 6400);
        long head = all.Keys.Max() + 2; // the last slot is final

        Dictionary<long, Row> kept = SampleAll(Unlimited(saved, capacity), Scalar, draws: 6400);

        Assert.Equal(all.Where(row => row.Key >= head - capacity).OrderBy(row => row.Key), kept.OrderBy(row => row.Key));
    }

    [Fact]
    public void An_empty_shard_can_be_saved_and_loaded()
    {
        Paced(capacity: 10).Save(File);
        PacedShard shard = Paced(capacity: 10);
        shard.TryAppend(Batch(Segment(steps: 3)));

        shard.Load(File);

        Assert.Equal(0, shard.Size);
        Assert.Equal(SampleStatus.RateLimited, shard.TrySample(new SampledBatch(Scalar, 1)));
        Assert.Equal(AppendStatus.Stored, shard.TryAppend(Batch(Segment(steps: 3))));
        Assert.Equal(SampleStatus.Sampled, shard.TrySample(new SampledBatch(Scalar, 1)));
    }

    [Fact]
    public void Bytes_of_any_element_type_survive()
    {
        var spec = new SegmentSpec(ElementType.UInt8, observationLength: 7, actionCount: 1000);
        PacedShard saved = Paced(capacity: 40, spec: spec);
        var random = new Pcg64(5);
        int next = 0;
        for (int i = 0; i < 10; i++)
        {
            saved.TryAppend(Batch(spec, RandomSegments(random, segments: 2, longest: 6, ref next)));
        }

        saved.Save(File);
        PacedShard loaded = Paced(capacity: 40, spec: spec);
        loaded.Load(File);

        var batches = new[] { new SampledBatch(spec, 500), new SampledBatch(spec, 500) };
        saved.TrySample(batches[0]);
        loaded.TrySample(batches[1]);
        Assert.Equal(batches[0].Bytes.ToArray(), batches[1].Bytes.ToArray());
    }

    [Fact]
    public void A_file_truncated_anywhere_is_refused_and_the_shard_is_unchanged()
    {
        byte[] whole = SavedBytes();
        for (int length = 0; length < whole.Length; length += length < 256 || length > whole.Length - 64 ? 1 : 37)
        {
            Refused(whole[..length]);
        }

        Refused([.. whole, 0]);
    }

    [Fact]
    public void A_file_with_one_bit_flipped_is_refused_and_the_shard_is_unchanged()
    {
        byte[] whole = SavedBytes();
        for (int i = 0; i < whole.Length; i += i < 256 ? 1 : 11)
        {
            byte[] damaged = [.. whole];
            damaged[i] ^= (byte)(1 << (i % 8));
            Refused(damaged);
        }
    }

    [Fact]
    public void A_foreign_file_is_refused_with_the_reason()
    {
        byte[] whole = SavedBytes();
        Assert.Contains("is not a replay shard", Refused("{ \"json\": true, \"padding\": 1 }"u8.ToArray()).Message, StringComparison.Ordinal);
        Assert.Contains("according to its header", Refused(whole[..^1]).Message, StringComparison.Ordinal);
        BinaryPrimitives.WriteInt32LittleEndian(whole.AsSpan(8), 1);
        Assert.Contains("format version 1, expected 2", Refused(whole).Message, StringComparison.Ordinal);

        var spec = new SegmentSpec(ElementType.UInt8, observationLength: 84, actionCount: 18);
        Paced(capacity: 10, spec: spec).Save(File);
        string message = Refused(System.IO.File.ReadAllBytes(File)).Message;
        Assert.Contains("UInt8 observations of length 84", message, StringComparison.Ordinal);
        Assert.Contains("Float32 observations of length 1 ", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_with_a_correct_checksum_but_broken_segments_is_refused()
    {
        byte[] whole = SavedBytes();
        int flags = whole.Length - SHA256.HashSizeInBytes - 1;
        whole[flags] = (byte)SlotFlags.None;
        SHA256.HashData(whole.AsSpan(0, flags + 1), whole.AsSpan(flags + 1));

        Assert.Contains("does not consist of whole segments", Refused(whole).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_failed_save_leaves_the_existing_file()
    {
        PacedShard shard = Filled(capacity: 50);
        shard.Save(File);
        byte[] before = System.IO.File.ReadAllBytes(File);
        Directory.CreateDirectory(File + ".tmp");

        Assert.ThrowsAny<Exception>(() => shard.Save(File));

        Assert.Equal(before, System.IO.File.ReadAllBytes(File));
    }

    private static readonly RateLimiterSettings Limits = new()
    {
        MinSize = 20,
        SamplesPerInsert = 2,
        ErrorBuffer = 1000,
        LargestInsert = 30,
        LargestSample = 64,
    };

    private static PacedShard Filled(int capacity)
    {
        PacedShard shard = Paced(capacity, nStep: 3, limiter: Limits);
        var random = new Pcg64(2);
        int next = 0;
        for (int i = 0; i < 30; i++)
        {
            shard.TryAppend(Batch(RandomSegments(random, segments: 2, longest: 6, ref next)));
        }

        shard.TrySample(new SampledBatch(Scalar, 17));
        shard.UpdatePriorities([0, 0], [0, 1_000_000], [1, 1]);
        return shard;
    }

    private PacedShard Unlimited(PacedShard saved, int capacity)
    {
        saved.Save(File);
        PacedShard shard = Paced(capacity, nStep: 3);
        shard.Load(File);
        return shard;
    }

    private byte[] SavedBytes()
    {
        Filled(capacity: 50).Save(File);
        return System.IO.File.ReadAllBytes(File);
    }

    private InvalidDataFormatException Refused(byte[] content)
    {
        System.IO.File.WriteAllBytes(File, content);
        PacedShard shard = Paced(capacity: 20);
        shard.TryAppend(Batch(Segment(steps: 3)));
        ReplayStatistics before = shard.GetStatistics();

        var error = Assert.Throws<InvalidDataFormatException>(() => shard.Load(File));

        Assert.Contains(File, error.Message, StringComparison.Ordinal);
        Assert.Contains("at byte ", error.Message, StringComparison.Ordinal);
        Assert.Equal(before, shard.GetStatistics());
        Assert.Equal([0, 1, 2], SampleAll(shard, Scalar, draws: 64).Keys.Order());
        return error;
    }
}
