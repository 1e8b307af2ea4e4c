using System.Buffers.Binary;

namespace Krewe.Contracts;

/// <summary>The wire header of a <see cref="SampledBatch"/>, read and validated.</summary>
/// <remarks>
/// 128 bytes, little-endian. Part of the wire format: offsets and meanings never change within a format version. 0 magic "KRSB", 4 count
/// (int32), 8 spec hash (uint64), 16 table size (int64), 24 zeros, 40 element type, 44 observation length, 48 action count, 52 observation
/// count, 56 format version, 60 action element type, 64 action length (int32 each), 68 zeros.
/// </remarks>
public readonly record struct SampledBatchHeader
{
    private const uint Magic = 0x4253_524B; // "KRSB"
    private const string Block = "sampled batch";
    private const int TableSizeAt = 16;
    private const int ReservedFrom = 24;
    private const int ReservedTo = 40;

    /// <summary>The slot format of the replay; headers with the same spec usually share one instance.</summary>
    public SegmentSpec Spec { get; private init; }

    /// <summary>Number of rows, at least 1.</summary>
    public int Count { get; private init; }

    /// <summary>Number of transitions that could be sampled, at least 1.</summary>
    public long TableSize { get; private init; }

    /// <summary>Size of the whole block in bytes, including this header; at most <see cref="SampledBatch.MaxBytes"/>.</summary>
    public int TotalBytes { get; private init; }

    /// <summary>
    /// Reads a header and checks everything that can be checked without the columns. Allocates only for a spec that is not cached.
    /// </summary>
    /// <param name="header">
    /// The start of the block, at least <see cref="SampledBatch.HeaderBytes"/> bytes; further bytes are ignored.
    /// </param>
    /// <exception cref="InvalidDataFormatException">
    /// A field is invalid; the message names the field, its value and what was expected.
    /// </exception>
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

        long bytes = SampledBatch.BytesFor(spec, count);
        return new SampledBatchHeader
        {
            Spec = spec,
            Count = count,
            TableSize = tableSize,
            TotalBytes = WireSpec.RequireSize(bytes, count, spec, Block),
        };
    }

    /// <summary>Throws if the length of a block differs from its header. Hosts call this before they copy.</summary>
    /// <param name="bytes">Number of bytes received, including the header.</param>
    /// <exception cref="InvalidDataFormatException"><paramref name="bytes"/> is not <see cref="TotalBytes"/>.</exception>
    public void CheckLength(long bytes) => WireSpec.RequireLength(bytes, TotalBytes, Block);

    /// <summary>Writes a header into zeroed memory; the table size is 0 until it is set.</summary>
    internal static void Write(Span<byte> header, SegmentSpec spec) => WireSpec.Write(header, Magic, spec);

    internal static void WriteCount(Span<byte> header, int count) => BinaryPrimitives.WriteInt32LittleEndian(header[4..], count);

    internal static long ReadTableSize(ReadOnlySpan<byte> header) => BinaryPrimitives.ReadInt64LittleEndian(header[TableSizeAt..]);

    internal static void WriteTableSize(Span<byte> header, long size) => BinaryPrimitives.WriteInt64LittleEndian(header[TableSizeAt..], size);
}
