using System.Buffers.Binary;
using Krewe.Contracts;

namespace Krewe.Replay;

/// <summary>
/// The header of a shard's file, 192 bytes, little-endian, zero where unused. Offsets and meanings never change within a version.
/// </summary>
/// <remarks>
/// 0 magic, 8 version (int32), 12 header bytes (int32), 16 spec hash (uint64), 24 element type, observation length, action count,
/// observation count (int32 each), 40 capacity, 48 oldest position, 56 head position, 64 transitions, 72 limiter inserted, 80 limiter
/// sampled, 88 inserted, 96 sampled, 104 stale updates (int64 each), 112 random state (16), 128 increment (16), 144 has half, 148 half
/// (uint32 each).
/// </remarks>
internal readonly record struct ShardFileHeader
{
    /// <summary>Bytes of the header.</summary>
    public const int Bytes = 192;

    /// <summary>The version that this code writes and reads.</summary>
    public const int Version = 1;

    /// <summary>"KREWRING".</summary>
    private const ulong Magic = 0x474E_4952_5745_524B;

    /// <summary>Hash of the spec.</summary>
    public required ulong SpecHash { get; init; }

    /// <summary>The spec's numbers, for messages: element type, observation length, action count, observation count.</summary>
    public required (int ElementType, int Length, int Actions, int Observations) SpecNumbers { get; init; }

    /// <summary>Slots of the ring that was saved.</summary>
    public required long Capacity { get; init; }

    /// <summary>The oldest position in the file.</summary>
    public required long Oldest { get; init; }

    /// <summary>The position after the newest in the file.</summary>
    public required long Head { get; init; }

    /// <summary>Slots in the file that are not closing.</summary>
    public required long Transitions { get; init; }

    /// <summary>Counters of the pacing; zero for a shard of a <see cref="ShardedReplay"/>.</summary>
    public required PacerState Counters { get; init; }

    /// <summary>Priority updates dropped.</summary>
    public required long StaleUpdates { get; init; }

    /// <summary>The selector's random state.</summary>
    public required Pcg64State Random { get; init; }

    /// <summary>Slots in the file.</summary>
    public long Slots => Head - Oldest;

    /// <summary>Whether bytes start as a shard's file does.</summary>
    /// <param name="bytes">At least 8 bytes.</param>
    public static bool HasMagic(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt64LittleEndian(bytes) == Magic;

    /// <summary>The version that a header says.</summary>
    /// <param name="bytes">The header.</param>
    public static int ReadVersion(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadInt32LittleEndian(bytes[8..]);

    /// <summary>The numbers of a spec.</summary>
    /// <param name="spec">The spec.</param>
    public static (int ElementType, int Length, int Actions, int Observations) NumbersOf(SegmentSpec spec) =>
        ((int)spec.ElementType, spec.ObservationLength, spec.ActionCount, spec.ObservationCount);

    /// <summary>Reads a header whose magic and version have been checked; the numbers have not.</summary>
    /// <param name="bytes">The header.</param>
    public static ShardFileHeader Read(ReadOnlySpan<byte> bytes) => new()
    {
        SpecHash = BinaryPrimitives.ReadUInt64LittleEndian(bytes[16..]),
        SpecNumbers = (Int(bytes, 24), Int(bytes, 28), Int(bytes, 32), Int(bytes, 36)),
        Capacity = Long(bytes, 40),
        Oldest = Long(bytes, 48),
        Head = Long(bytes, 56),
        Transitions = Long(bytes, 64),
        Counters = new PacerState(new RateLimiterState(Long(bytes, 72), Long(bytes, 80)), Long(bytes, 88), Long(bytes, 96)),
        StaleUpdates = Long(bytes, 104),
        Random = new Pcg64State(
            BinaryPrimitives.ReadUInt128LittleEndian(bytes[112..]),
            BinaryPrimitives.ReadUInt128LittleEndian(bytes[128..]),
            Int(bytes, 144) != 0,
            (uint)Int(bytes, 148)),
    };

    /// <summary>Writes the header.</summary>
    /// <param name="bytes">Receives it, <see cref="Bytes"/> bytes.</param>
    public void Write(Span<byte> bytes)
    {
        bytes.Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, Magic);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[8..], Version);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[12..], Bytes);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[16..], SpecHash);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[24..], SpecNumbers.ElementType);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[28..], SpecNumbers.Length);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[32..], SpecNumbers.Actions);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[36..], SpecNumbers.Observations);
        ReadOnlySpan<long> numbers =
        [
            Capacity, Oldest, Head, Transitions, Counters.Limiter.Inserted, Counters.Limiter.Sampled, Counters.Inserted, Counters.Sampled,
            StaleUpdates,
        ];
        for (int i = 0; i < numbers.Length; i++)
        {
            BinaryPrimitives.WriteInt64LittleEndian(bytes[(40 + (8 * i))..], numbers[i]);
        }

        BinaryPrimitives.WriteUInt128LittleEndian(bytes[112..], Random.State);
        BinaryPrimitives.WriteUInt128LittleEndian(bytes[128..], Random.Increment);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[144..], Random.HasHalf ? 1 : 0);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[148..], Random.Half);
    }

    /// <summary>What the spec's numbers say, for a message.</summary>
    public string DescribeSpec() =>
        FormattableString.Invariant(
            $"{(ElementType)SpecNumbers.ElementType} observations of length {SpecNumbers.Length} (values {SpecNumbers.Observations}) and {SpecNumbers.Actions} actions");

    private static int Int(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadInt32LittleEndian(bytes[at..]);

    private static long Long(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadInt64LittleEndian(bytes[at..]);
}
