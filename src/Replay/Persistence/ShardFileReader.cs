using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Krewe.Contracts;

namespace Krewe.Replay;

/// <summary>
/// Reads a shard file in two passes: opening it checks every byte and changes nothing, <see cref="ReadInto"/> then fills a ring. Not
/// thread-safe; dispose it to close the file.
/// </summary>
internal sealed class ShardFileReader : IDisposable
{
    // No shard reaches this, and positions above it would overflow as it grows.
    private const long MostPositions = 1L << 60;

    private delegate void ChunkAction(ReadOnlySpan<byte> chunk);

    private readonly FileStream _file;
    private readonly SegmentSpec _spec;
    private readonly byte[] _chunk = new byte[ShardFileWriter.ChunkBytes];

    /// <summary>Opens a file and checks its whole content.</summary>
    /// <param name="path">The path of the file.</param>
    /// <param name="spec">The expected slot format.</param>
    /// <exception cref="InvalidDataFormatException">The file is truncated, damaged, or was made for another spec.</exception>
    /// <exception cref="IOException">The file could not be read.</exception>
    public ShardFileReader(string path, SegmentSpec spec)
    {
        _spec = spec;
        _file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        try
        {
            Header = ReadHeader();
            CheckContent();
        }
        catch (EndOfStreamException)
        {
            long end = _file.Position;
            _file.Dispose();
            throw Refuse(end, $"ended while it was read");
        }
        catch
        {
            _file.Dispose();
            throw;
        }
    }

    /// <summary>The header.</summary>
    public ShardFileHeader Header { get; }

    /// <summary>Returns the size in bytes of one element of a column in the file.</summary>
    private int ElementBytes(RingColumn column) => column switch
    {
        RingColumn.Observations => _spec.ObservationBytes,
        RingColumn.Actions => _spec.ActionBytes,
        RingColumn.Flags => sizeof(SlotFlags),
        _ => sizeof(float),
    };

    /// <summary>Reads the priorities of the newest slots that fit a ring.</summary>
    /// <param name="capacity">Number of slots of the ring.</param>
    /// <returns>The priority of each slot, 0 where the slot is final; empty if the file has no priorities.</returns>
    public float[] ReadPriorities(int capacity)
    {
        if (Header.HasPriorities == 0)
        {
            return [];
        }

        var priorities = new float[Math.Min(Header.Slots, capacity)];
        Span<byte> bytes = MemoryMarshal.AsBytes(priorities.AsSpan());
        _file.Position = _file.Length - SHA256.HashSizeInBytes - bytes.Length;
        _file.ReadExactly(bytes);
        return priorities;
    }

    /// <summary>Fills a ring with the newest slots that fit it. The caller holds the shard's lock and has cleared the selector.</summary>
    /// <param name="ring">The ring, whose content is replaced. If reading fails, the ring is left empty at the file's head.</param>
    /// <param name="firstPosition">The lowest position to use: positions below it are moved up by whole generations.</param>
    public void ReadInto(SegmentRing ring, long firstPosition)
    {
        long generations = (Math.Max(0, firstPosition - Header.Oldest) + ring.Capacity - 1) / ring.Capacity;
        long shift = generations * ring.Capacity;
        long head = Header.Head + shift;
        long oldest = Math.Max(Header.Oldest + shift, head - ring.Capacity);
        ring.Restore(head, head);
        long offset = ShardFileHeader.Bytes;
        for (RingColumn column = RingColumn.Observations; column <= RingColumn.Flags; column++)
        {
            int bytes = ElementBytes(column);
            int chunk = Math.Max(1, ShardFileWriter.ChunkBytes / bytes);
            _file.Position = offset + ((oldest - shift - Header.Oldest) * bytes);
            long position = oldest;
            while (position < head)
            {
                Span<byte> run = ring.Run(column, position, (int)Math.Min(chunk, head - position));
                _file.ReadExactly(run);
                position += run.Length / bytes;
            }

            offset += Header.Slots * bytes;
        }

        ring.Restore(oldest, head);
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private ShardFileHeader ReadHeader()
    {
        ShardFileHeader header = default;
        Span<byte> bytes = MemoryMarshal.AsBytes(new Span<ShardFileHeader>(ref header));
        int read = _file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        if (read < 8 || header.Magic != ShardFileHeader.CurrentMagic)
        {
            throw Refuse(0, $"is not a replay shard: it has a different signature");
        }

        if (read < bytes.Length)
        {
            throw Refuse(read, $"ends within the header of {bytes.Length} bytes");
        }

        if (header.Version != ShardFileHeader.CurrentVersion)
        {
            throw Refuse(8, $"has format version {header.Version}, expected {ShardFileHeader.CurrentVersion}, that of this build: resume with the build that wrote it");
        }

        if (header.SpecHash != _spec.Hash)
        {
            throw Refuse(16, $"holds {header.DescribeSpec()}, expected {new ShardFileHeader(_spec).DescribeSpec()}");
        }

        if (header.Oldest < 0 || header.Head < header.Oldest || header.Head > MostPositions || header.Slots > int.MaxValue
            || header.Transitions < 0 || header.Transitions > header.Slots
            || (header.Transitions == 0) != (header.Slots == 0)
            || header.HasPriorities is not (0 or 1)
            || header.LimiterInserted < 0 || header.LimiterSampled < 0
            || (header.Transitions == 0 && header.LimiterInserted > 0))
        {
            throw Refuse(40, $"has an inconsistent header: positions [{header.Oldest}, {header.Head}), {header.Transitions} transitions");
        }

        long expected = ShardFileHeader.Bytes + (header.Slots * _spec.SlotBytes) + header.PriorityBytes + SHA256.HashSizeInBytes;
        return _file.Length == expected
            ? header
            : throw Refuse(Math.Min(_file.Length, expected), $"has {_file.Length} bytes, expected {expected} according to its header");
    }

    private void CheckContent()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var flags = new FlagsCheck();
        _file.Position = 0;
        long end = _file.Length - SHA256.HashSizeInBytes;
        long flagsStart = end - Header.PriorityBytes - Header.Slots;
        ForEachChunk(flagsStart, chunk => hash.AppendData(chunk));
        ForEachChunk(flagsStart + Header.Slots, chunk =>
        {
            hash.AppendData(chunk);
            flags.Add(MemoryMarshal.Cast<byte, SlotFlags>(chunk));
        });
        bool areValid = true;
        ForEachChunk(end, chunk =>
        {
            hash.AppendData(chunk);
            foreach (float priority in MemoryMarshal.Cast<byte, float>(chunk))
            {
                areValid &= priority >= 0 && float.IsFinite(priority);
            }
        });
        Span<byte> stored = stackalloc byte[SHA256.HashSizeInBytes];
        _file.ReadExactly(stored);
        if (!hash.GetHashAndReset().AsSpan().SequenceEqual(stored))
        {
            throw Refuse(end, $"is damaged: the checksum does not match the content");
        }

        if (!areValid)
        {
            throw Refuse(flagsStart + Header.Slots, $"holds a priority that is negative or not finite");
        }

        // Sampling relies on the flags, and a checksum only proves that the file is as it was written.
        if (flags.Finish(Header.Transitions) is { } fault)
        {
            throw Refuse(flagsStart + fault.Slot, $"does not consist of whole segments: {fault.What}");
        }
    }

    private void ForEachChunk(long end, ChunkAction action)
    {
        while (_file.Position < end)
        {
            Span<byte> chunk = _chunk.AsSpan(0, (int)Math.Min(_chunk.Length, end - _file.Position));
            _file.ReadExactly(chunk);
            action(chunk);
        }
    }

    private InvalidDataFormatException Refuse(long at, FormattableString what) =>
        new(string.Create(
            CultureInfo.InvariantCulture, $"replay file '{_file.Name}' {what.ToString(CultureInfo.InvariantCulture)} (at byte {at})"));

    /// <summary>Checks the flags column across chunks. The first slot may be the remainder of an overwritten segment.</summary>
    private sealed class FlagsCheck
    {
        private SlotFlags _previous = SlotFlags.None;
        private long _slot;
        private long _steps;
        private (long Slot, string What)? _fault;

        public void Add(ReadOnlySpan<SlotFlags> flags)
        {
            foreach (SlotFlags current in flags)
            {
                if (!SegmentStructure.MayFollow(_previous, current))
                {
                    _fault ??= (_slot, FormattableString.Invariant($"slot {_slot} {SegmentStructure.Describe(_previous, current)}"));
                }

                _steps += (current & SlotFlags.Final) == 0 ? 1 : 0;
                _previous = current;
                _slot++;
            }
        }

        public (long Slot, string What)? Finish(long transitions)
        {
            if (_fault is null && _slot > 0 && (_previous & SlotFlags.Final) == 0)
            {
                return (_slot - 1, "the last slot is not final");
            }

            return _fault is null && _steps != transitions
                ? (0, FormattableString.Invariant($"{_steps} steps, expected {transitions} according to the header"))
                : _fault;
        }
    }
}
