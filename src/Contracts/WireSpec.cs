using System.Buffers.Binary;

namespace Krewe.Contracts;

/// <summary>
/// The fields shared by all 128-byte block headers: magic at 0, the spec's hash at 8, its numbers at 40 (element type, observation length,
/// action count, observation count; int32 each), the format version at 56 (int32), the action's element type at 60 and length at 64 (int32
/// each). From 68 on a block may have fields of its own; the rest is zeros. Little-endian. Thread-safe.
/// </summary>
internal static class WireSpec
{
    /// <summary>Size of a header in bytes.</summary>
    public const int HeaderBytes = 128;

    /// <summary>The format version that this code writes and reads. Blocks from before the field existed have 0 in its place.</summary>
    public const int FormatVersion = 1;

    /// <summary>The maximum size of a block in bytes, so that a header alone cannot make its reader allocate without bound.</summary>
    public const int MaxBytes = 256 << 20;

    private const int Hash = 8;
    private const int Numbers = 40;
    private const int Version = 56;
    private const int ActionNumbers = 60;

    /// <summary>The offset of the first byte after the shared fields.</summary>
    public const int SharedBytes = 68;

    // A cache of received specs by hash. A process sees one or two, and untrusted input cannot make it grow. A race costs an extra
    // instance, never a wrong spec.
    private static readonly SegmentSpec?[] Known = new SegmentSpec?[16];

    /// <summary>Writes the magic, the format version, and the hash and the numbers of a spec.</summary>
    /// <param name="header">The header, already zeroed.</param>
    /// <param name="magic">The block's magic.</param>
    /// <param name="spec">The spec.</param>
    public static void Write(Span<byte> header, uint magic, SegmentSpec spec)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(header, magic);
        BinaryPrimitives.WriteUInt64LittleEndian(header[Hash..], spec.Hash);
        BinaryPrimitives.WriteInt32LittleEndian(header[Numbers..], (int)spec.ElementType);
        BinaryPrimitives.WriteInt32LittleEndian(header[(Numbers + 4)..], spec.ObservationLength);
        BinaryPrimitives.WriteInt32LittleEndian(header[(Numbers + 8)..], spec.ActionCount);
        BinaryPrimitives.WriteInt32LittleEndian(header[(Numbers + 12)..], spec.ObservationCount);
        BinaryPrimitives.WriteInt32LittleEndian(header[Version..], FormatVersion);
        BinaryPrimitives.WriteInt32LittleEndian(header[ActionNumbers..], (int)spec.ActionType);
        BinaryPrimitives.WriteInt32LittleEndian(header[(ActionNumbers + 4)..], spec.ActionLength);
    }

    /// <summary>
    /// Checks the length, the magic, the format version, the reserved bytes and the spec, and returns the spec. Allocates only for a spec
    /// that is not cached.
    /// </summary>
    /// <param name="header">The bytes received.</param>
    /// <param name="magic">The magic expected.</param>
    /// <param name="block">The kind of block, for messages.</param>
    /// <param name="reserved">The offset from which on there must be zeros.</param>
    /// <exception cref="InvalidDataFormatException">
    /// A field is invalid; the message names the field, its value and what was expected.
    /// </exception>
    public static SegmentSpec Read(ReadOnlySpan<byte> header, uint magic, string block, int reserved = SharedBytes)
    {
        if (header.Length < HeaderBytes)
        {
            throw Refuse($"{block}: {header.Length} bytes, expected at least {HeaderBytes} for the header");
        }

        uint found = BinaryPrimitives.ReadUInt32LittleEndian(header);
        if (found != magic)
        {
            throw Refuse($"{block}: magic {found:x8}, expected {magic:x8}");
        }

        int version = BinaryPrimitives.ReadInt32LittleEndian(header[Version..]);
        if (version != FormatVersion)
        {
            throw Refuse($"{block}: format version {version}, expected {FormatVersion}");
        }

        RequireZero(header, reserved, HeaderBytes, block);
        return ReadSpec(header, block);
    }

    /// <summary>Throws if a reserved byte is not zero.</summary>
    /// <param name="header">The header.</param>
    /// <param name="from">The first byte.</param>
    /// <param name="to">One past the last byte.</param>
    /// <param name="block">The kind of block, for messages.</param>
    public static void RequireZero(ReadOnlySpan<byte> header, int from, int to, string block)
    {
        int other = header[from..to].IndexOfAnyExcept((byte)0);
        if (other >= 0)
        {
            throw Refuse($"{block}: reserved byte {from + other} is {header[from + other]}, expected 0");
        }
    }

    /// <summary>Throws if the length of a block differs from its header.</summary>
    /// <param name="bytes">Number of bytes received, including the header.</param>
    /// <param name="expected">Number of bytes according to the header.</param>
    /// <param name="block">The kind of block, for messages.</param>
    public static void RequireLength(long bytes, int expected, string block)
    {
        if (bytes != expected)
        {
            throw Refuse($"{block}: {bytes} bytes, expected {expected} according to its header");
        }
    }

    /// <summary>Throws if a block is larger than <see cref="MaxBytes"/>.</summary>
    /// <param name="bytes">Number of bytes according to the header.</param>
    /// <param name="count">Number of slots or rows.</param>
    /// <param name="spec">The spec.</param>
    /// <param name="block">The kind of block, for messages.</param>
    /// <returns><paramref name="bytes"/> as an <see cref="int"/>.</returns>
    public static int RequireSize(long bytes, int count, SegmentSpec spec, string block)
    {
        if (bytes > MaxBytes)
        {
            throw Refuse($"{block}: {count} rows of {spec} are {bytes} bytes, expected at most {MaxBytes}");
        }

        return (int)bytes;
    }

    /// <summary>Creates the exception for an invalid field.</summary>
    /// <param name="message">The field, its value and what was expected.</param>
    public static InvalidDataFormatException Refuse(FormattableString message) => new(FormattableString.Invariant(message));

    private static SegmentSpec ReadSpec(ReadOnlySpan<byte> header, string block)
    {
        ulong hash = BinaryPrimitives.ReadUInt64LittleEndian(header[Hash..]);
        int type = BinaryPrimitives.ReadInt32LittleEndian(header[Numbers..]);
        int length = BinaryPrimitives.ReadInt32LittleEndian(header[(Numbers + 4)..]);
        int actions = BinaryPrimitives.ReadInt32LittleEndian(header[(Numbers + 8)..]);
        int observations = BinaryPrimitives.ReadInt32LittleEndian(header[(Numbers + 12)..]);
        int actionType = BinaryPrimitives.ReadInt32LittleEndian(header[ActionNumbers..]);
        int actionLength = BinaryPrimitives.ReadInt32LittleEndian(header[(ActionNumbers + 4)..]);
        ref SegmentSpec? known = ref Known[hash % (uint)Known.Length];
        if (Volatile.Read(ref known) is { } spec && spec.Hash == hash && (int)spec.ElementType == type
            && spec.ObservationLength == length && spec.ActionCount == actions && spec.ObservationCount == observations
            && (int)spec.ActionType == actionType && spec.ActionLength == actionLength)
        {
            return spec;
        }

        spec = MakeSpec(type, length, observations, actionType, actionLength, actions, block);
        if (spec.Hash != hash)
        {
            throw Refuse($"{block}: spec hash {hash:x16}, expected {spec.Hash:x16}, the hash of {spec}");
        }

        Volatile.Write(ref known, spec);
        return spec;
    }

    private static SegmentSpec MakeSpec(
        int type, int length, int observations, int actionType, int actionLength, int actions, string block)
    {
        if (type is < (int)ElementType.Float32 or > (int)ElementType.Int32)
        {
            throw Refuse($"{block}: element type {type}, expected 0 (float32), 1 (uint8) or 2 (int32)");
        }

        var elementType = (ElementType)type;
        int longest = MaxBytes / elementType.ByteSize();
        if (length < 1 || length > longest)
        {
            throw Refuse($"{block}: observation length {length}, expected 1 to {longest}");
        }

        if (elementType == ElementType.Int32 ? observations < 1 : observations != 0)
        {
            throw Refuse($"{block}: observation count {observations}, expected at least 1 for int32 observations and 0 for others");
        }

        CheckActions(actionType, actionLength, actions, block);
        return new SegmentSpec(elementType, length, observations, (ElementType)actionType, actionLength, actions);
    }

    private static void CheckActions(int type, int length, int count, string block)
    {
        if (type is not ((int)ElementType.Float32 or (int)ElementType.Int32))
        {
            throw Refuse($"{block}: action type {type}, expected 0 (float32) or 2 (int32)");
        }

        bool discrete = type == (int)ElementType.Int32;
        int longest = discrete ? 1 : MaxBytes / sizeof(float);
        if (length < 1 || length > longest)
        {
            throw Refuse($"{block}: action length {length}, expected 1 to {longest}");
        }

        if (discrete ? count < 1 : count != 0)
        {
            throw Refuse($"{block}: action count {count}, expected at least 1 for int32 actions and 0 for float32");
        }
    }
}
