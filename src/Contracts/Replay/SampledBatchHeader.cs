using System.Buffers.Binary;

namespace Krewe.Contracts;

/// <summary>The header of a <see cref="SampledBatch"/> as it stands on the wire, read and checked. Any thread.</summary>
/// <remarks>
/// 64 bytes, little-endian. Sent: places and meanings never change. 0 magic "KRSB", 4 count (int32), 8 spec hash (uint64), 16 table size
/// (int64), 24 zeros, 40 element type, 44 observation length, 48 action count, 52 observation count (int32 each), 56 zeros.
/// </remarks>
public readonly record struct SampledBatchHeader
{
    private const uint Magic = 0x4253_524B; // "KRSB"
    private const string Block = "sampled batch";
    private const int TableSizeAt = 16;
    private const int ReservedFrom = 24;
    private const int ReservedTo = 40;

    /// <summary>What a slot of the replay holds; one instance for all headers of one spec, as long as they come often.</summary>
    public SegmentSpec Spec { get; private init; }

    /// <summary>Rows, at least 1.</summary>
    public int Count { get; private init; }

    /// <summary>How many transitions could have been sampled, at least 1.</summary>
    public long TableSize { get; private init; }

    /// <summary>Bytes of the whole block, this header included; at most <see cref="SampledBatch.MaxBytes"/>.</summary>
    public int TotalBytes { get; private init; }

    /// <summary>
    /// Reads a header and checks all that can be checked without the columns. Allocates nothing but for a spec that it has not seen
    /// lately.
    /// </summary>
    /// <param name="header">The block's first bytes, at least <see cref="SampledBatch.HeaderBytes"/>; what follows is not looked at.</param>
    /// <exception cref="InvalidDataFormatException">A field is wrong; which, its value and what was expected are said.</exception>
    public static SampledBatchHeader Read(ReadOnlySpan<byte> header)
    {
        SegmentSpec spec = WireSpec.Read(header, Magic, Block);
        WireSpec.RequireZero(header, ReservedFrom, ReservedTo, Block);
        int count = BinaryPrimitives.ReadInt32LittleEndian(header[4..]);
        long tableSize = ReadTableSize(header);
        if (count < 1)
        {
            throw WireSpec.Refuse($"{Block}: count {count}, expected at least 1");
        }

        if (tableSize < 1)
        {
            throw WireSpec.Refuse($"{Block}: table size {tableSize}, expected at least 1");
        }

        long bytes = new SampledBatchLayout(spec.ObservationBytes, count).End;
        return new SampledBatchHeader
        {
            Spec = spec,
            Count = count,
            TableSize = tableSize,
            TotalBytes = WireSpec.RequireSize(bytes, count, spec, Block),
        };
    }

    /// <summary>Refuses a block of another length than the header says: what a host checks before it copies.</summary>
    /// <param name="bytes">Bytes received, header included.</param>
    /// <exception cref="InvalidDataFormatException">It is not <see cref="TotalBytes"/>.</exception>
    public void CheckLength(long bytes) => WireSpec.RequireLength(bytes, TotalBytes, Block);

    /// <summary>Writes a header into cleared bytes; the table size is 0 until it is known.</summary>
    internal static void Write(Span<byte> header, SegmentSpec spec) => WireSpec.Write(header, Magic, spec);

    internal static void WriteCount(Span<byte> header, int count) => BinaryPrimitives.WriteInt32LittleEndian(header[4..], count);

    internal static long ReadTableSize(ReadOnlySpan<byte> header) => BinaryPrimitives.ReadInt64LittleEndian(header[TableSizeAt..]);

    internal static void WriteTableSize(Span<byte> header, long size) => BinaryPrimitives.WriteInt64LittleEndian(header[TableSizeAt..], size);
}
