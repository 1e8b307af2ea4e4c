using System.Buffers.Binary;

namespace Krewe.Contracts;

/// <summary>The header of a <see cref="SegmentBatch"/> as it stands on the wire, read and checked. Any thread.</summary>
/// <remarks>
/// 64 bytes, little-endian. Sent: places and meanings never change. 0 magic "KRSG", 4 actor id (int32), 8 spec hash (uint64), 16 policy
/// version (int64), 24 sequence (int64), 32 slot count, 36 step count, 40 element type, 44 observation length, 48 action count, 52
/// observation count (int32 each), 56 zeros.
/// </remarks>
public readonly record struct SegmentBatchHeader
{
    private const uint Magic = 0x4753_524B; // "KRSG"
    private const string Block = "segment batch";
    private const int StepCountAt = 36;

    /// <summary>What a slot holds; one instance for all headers of one spec, as long as they come often.</summary>
    public SegmentSpec Spec { get; private init; }

    /// <summary>The actor that made the batch, not negative.</summary>
    public int ActorId { get; private init; }

    /// <summary>The version of the policy that acted, not negative.</summary>
    public long PolicyVersion { get; private init; }

    /// <summary>The actor's number for the batch, not negative.</summary>
    public long Sequence { get; private init; }

    /// <summary>Slots, at least 2.</summary>
    public int SlotCount { get; private init; }

    /// <summary>Steps: at least one for each final slot, at least one slot fewer than there are.</summary>
    public int StepCount { get; private init; }

    /// <summary>Bytes of the whole block, this header included; at most <see cref="SegmentBatch.MaxBytes"/>.</summary>
    public int TotalBytes { get; private init; }

    /// <summary>
    /// Reads a header and checks all that can be checked without the columns. Allocates nothing but for a spec that it has not seen
    /// lately.
    /// </summary>
    /// <param name="header">The block's first bytes, at least <see cref="SegmentBatch.HeaderBytes"/>; what follows is not looked at.</param>
    /// <exception cref="InvalidDataFormatException">A field is wrong; which, its value and what was expected are said.</exception>
    public static SegmentBatchHeader Read(ReadOnlySpan<byte> header)
    {
        SegmentSpec spec = WireSpec.Read(header, Magic, Block);
        int actor = BinaryPrimitives.ReadInt32LittleEndian(header[4..]);
        long version = BinaryPrimitives.ReadInt64LittleEndian(header[16..]);
        long sequence = BinaryPrimitives.ReadInt64LittleEndian(header[24..]);
        int slots = BinaryPrimitives.ReadInt32LittleEndian(header[32..]);
        int steps = ReadStepCount(header);
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
            throw WireSpec.Refuse($"{Block} of actor {actor}: slot count {slots}, expected at least 2, a step and its final slot");
        }

        int fewest = (slots / 2) + (slots % 2);
        if (steps < fewest || steps >= slots)
        {
            throw WireSpec.Refuse(
                $"{Block} of actor {actor}: step count {steps}, expected {fewest} to {slots - 1} in {slots} slots of whole segments");
        }

        return new SegmentBatchHeader
        {
            Spec = spec,
            ActorId = actor,
            PolicyVersion = version,
            Sequence = sequence,
            SlotCount = slots,
            StepCount = steps,
            TotalBytes = WireSpec.RequireSize(SegmentBatch.BytesFor(spec, slots), slots, spec, Block),
        };
    }

    /// <summary>Refuses a block of another length than the header says: what a host checks before it copies.</summary>
    /// <param name="bytes">Bytes received, header included.</param>
    /// <exception cref="InvalidDataFormatException">It is not <see cref="TotalBytes"/>.</exception>
    public void CheckLength(long bytes) => WireSpec.RequireLength(bytes, TotalBytes, Block);

    /// <summary>Writes a header; the step count is 0 until it is known.</summary>
    internal static void Write(Span<byte> header, SegmentSpec spec, int actorId, long policyVersion, long sequence, int slotCount)
    {
        header.Clear();
        WireSpec.Write(header, Magic, spec);
        BinaryPrimitives.WriteInt32LittleEndian(header[4..], actorId);
        BinaryPrimitives.WriteInt64LittleEndian(header[16..], policyVersion);
        BinaryPrimitives.WriteInt64LittleEndian(header[24..], sequence);
        BinaryPrimitives.WriteInt32LittleEndian(header[32..], slotCount);
    }

    internal static int ReadStepCount(ReadOnlySpan<byte> header) => BinaryPrimitives.ReadInt32LittleEndian(header[StepCountAt..]);

    internal static void WriteStepCount(Span<byte> header, int steps) => BinaryPrimitives.WriteInt32LittleEndian(header[StepCountAt..], steps);
}
