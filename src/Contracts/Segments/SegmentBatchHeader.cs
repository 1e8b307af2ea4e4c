using System.Buffers.Binary;

namespace Krewe.Contracts;

/// <summary>The wire header of a <see cref="SegmentBatch"/>, read and validated.</summary>
/// <remarks>
/// 128 bytes, little-endian. Part of the wire format: offsets and meanings never change within a format version. 0 magic "KRSG", 4 actor id
/// (int32), 8 spec hash (uint64), 16 policy version (int64), 24 sequence (int64), 32 slot count, 36 step count, 40 element type, 44
/// observation length, 48 action count, 52 observation count, 56 format version, 60 action element type, 64 action length (int32 each), 68
/// 1 if the block has initial priorities and 0 if not (int32), 72 zeros, with room for a trace context.
/// </remarks>
public readonly record struct SegmentBatchHeader
{
    private const uint Magic = 0x4753_524B; // "KRSG"
    private const string Block = "segment batch";
    private const int StepCountAt = 36;
    private const int PrioritiesAt = WireSpec.SharedBytes;

    /// <summary>The slot format; headers with the same spec usually share one instance.</summary>
    public SegmentSpec Spec { get; private init; }

    /// <summary>The actor that collected the batch, not negative.</summary>
    public int ActorId { get; private init; }

    /// <summary>The version of the policy that acted, not negative.</summary>
    public long PolicyVersion { get; private init; }

    /// <summary>The actor's sequence number for the batch, not negative.</summary>
    public long Sequence { get; private init; }

    /// <summary>Number of slots, at least 2.</summary>
    public int SlotCount { get; private init; }

    /// <summary>Number of steps: at least one for each final slot, and fewer than <see cref="SlotCount"/>.</summary>
    public int StepCount { get; private init; }

    /// <summary>Whether the block has a column of initial priorities.</summary>
    public bool HasPriorities { get; private init; }

    /// <summary>Size of the whole block in bytes, including this header; at most <see cref="SegmentBatch.MaxBytes"/>.</summary>
    public int TotalBytes { get; private init; }

    /// <summary>
    /// Reads a header and checks everything that can be checked without the columns. Allocates only for a spec that is not cached.
    /// </summary>
    /// <param name="header">
    /// The start of the block, at least <see cref="SegmentBatch.HeaderBytes"/> bytes; further bytes are ignored.
    /// </param>
    /// <exception cref="InvalidDataFormatException">
    /// A field is invalid; the message names the field, its value and what was expected.
    /// </exception>
    public static SegmentBatchHeader Read(ReadOnlySpan<byte> header)
    {
        SegmentSpec spec = WireSpec.Read(header, Magic, Block, reserved: PrioritiesAt + sizeof(int));
        int actor = BinaryPrimitives.ReadInt32LittleEndian(header[4..]);
        long version = BinaryPrimitives.ReadInt64LittleEndian(header[16..]);
        long sequence = BinaryPrimitives.ReadInt64LittleEndian(header[24..]);
        int slots = BinaryPrimitives.ReadInt32LittleEndian(header[32..]);
        int steps = ReadStepCount(header);
        int priorities = BinaryPrimitives.ReadInt32LittleEndian(header[PrioritiesAt..]);
        if (actor < 0)
        {
            throw WireSpec.Refuse($"{Block}: actor id {actor}, expected 0 or more");
        }

        if (version < 0)
        {
            throw WireSpec.Refuse($"{Block} of actor {actor}: policy version {version}, expected 0 or more");
        }

        if (sequence < 0)
        {
            throw WireSpec.Refuse($"{Block} of actor {actor}: sequence {sequence}, expected 0 or more");
        }

        if (slots < 2)
        {
            throw WireSpec.Refuse($"{Block} of actor {actor}: slot count {slots}, expected at least 2 (a step and a final slot)");
        }

        if (priorities is not (0 or 1))
        {
            throw WireSpec.Refuse($"{Block} of actor {actor}: initial priorities {priorities}, expected 0 (none) or 1");
        }

        int fewest = (slots / 2) + (slots % 2);
        if (steps < fewest || steps >= slots)
        {
            throw WireSpec.Refuse(
                $"{Block} of actor {actor}: step count {steps}, expected {fewest} to {slots - 1} for {slots} slots of whole segments");
        }

        return new SegmentBatchHeader
        {
            Spec = spec,
            ActorId = actor,
            PolicyVersion = version,
            Sequence = sequence,
            SlotCount = slots,
            StepCount = steps,
            HasPriorities = priorities == 1,
            TotalBytes = WireSpec.RequireSize(SegmentBatch.BytesFor(spec, slots, priorities == 1), slots, spec, Block),
        };
    }

    /// <summary>Throws if the length of a block differs from its header. Hosts call this before they copy.</summary>
    /// <param name="bytes">Number of bytes received, including the header.</param>
    /// <exception cref="InvalidDataFormatException"><paramref name="bytes"/> is not <see cref="TotalBytes"/>.</exception>
    public void CheckLength(long bytes) => WireSpec.RequireLength(bytes, TotalBytes, Block);

    /// <summary>Writes a header; the step count is 0 until it is set.</summary>
    internal static void Write(
        Span<byte> header, SegmentSpec spec, int actorId, long policyVersion, long sequence, int slotCount, bool hasPriorities)
    {
        header.Clear();
        WireSpec.Write(header, Magic, spec);
        BinaryPrimitives.WriteInt32LittleEndian(header[4..], actorId);
        BinaryPrimitives.WriteInt64LittleEndian(header[16..], policyVersion);
        BinaryPrimitives.WriteInt64LittleEndian(header[24..], sequence);
        BinaryPrimitives.WriteInt32LittleEndian(header[32..], slotCount);
        BinaryPrimitives.WriteInt32LittleEndian(header[PrioritiesAt..], hasPriorities ? 1 : 0);
    }

    internal static int ReadStepCount(ReadOnlySpan<byte> header) => BinaryPrimitives.ReadInt32LittleEndian(header[StepCountAt..]);

    internal static void WriteStepCount(Span<byte> header, int steps) => BinaryPrimitives.WriteInt32LittleEndian(header[StepCountAt..], steps);
}
