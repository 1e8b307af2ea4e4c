using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Krewe.Contracts;

/// <summary>
/// A batch of segments in one contiguous block of memory that is written once and then only copied: into a ring, onto the wire, or to disk.
/// </summary>
/// <remarks>
/// A <b>segment</b> is T consecutive steps of one environment plus the final observation: T + 1 consecutive slots. A <b>slot</b>
/// is one observation with the step taken from it (action, reward, behaviour probability, flags); the last slot of a segment
/// holds only the final observation, <see cref="SlotFlags.Final"/>. The next observation of slot i is therefore the observation
/// of slot i + 1. After a step that terminated or truncated the episode it is the final observation, never the one after the reset.
/// <para>
/// The block consists of a 128-byte header, <see cref="SegmentBatchHeader"/>, and columns, each [slots]: observations, rewards
/// (float32), behaviour probabilities (float32), actions, initial priorities where there are some (float32), flags (uint8). All values are little-endian. Not thread-safe.
/// </para>
/// </remarks>
public sealed class SegmentBatch
{
    /// <summary>Size of the header in bytes.</summary>
    public const int HeaderBytes = WireSpec.HeaderBytes;

    /// <summary>The maximum size of a received batch in bytes, including the header: 256 MiB.</summary>
    public const int MaxBytes = WireSpec.MaxBytes;

    private readonly byte[] _buffer;
    private int _rewards;
    private int _probabilities;
    private int _actions;
    private int _priorities;
    private int _flags;

    /// <summary>Allocates a reusable batch in pinned memory.</summary>
    /// <param name="spec">The slot format.</param>
    /// <param name="slotCapacity">The maximum number of slots, at least 2.</param>
    public SegmentBatch(SegmentSpec spec, int slotCapacity)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(slotCapacity, 2);
        Spec = spec;
        SlotCapacity = slotCapacity;
        _buffer = GC.AllocateUninitializedArray<byte>(checked(HeaderBytes + (slotCapacity * (spec.SlotBytes + sizeof(float))) + 3), pinned: true);
        Start(actorId: 0, policyVersion: 0, sequence: 0, slotCount: 0);
    }

    /// <summary>The slot format.</summary>
    public SegmentSpec Spec { get; }

    /// <summary>The maximum number of slots.</summary>
    public int SlotCapacity { get; }

    /// <summary>Number of slots.</summary>
    public int SlotCount { get; private set; }

    /// <summary>Number of steps, that is, of slots that are not final. Set when the batch is complete.</summary>
    public int StepCount
    {
        get => SegmentBatchHeader.ReadStepCount(_buffer);
        set => SegmentBatchHeader.WriteStepCount(_buffer, value);
    }

    /// <summary>The actor that collected the batch.</summary>
    public int ActorId => BinaryPrimitives.ReadInt32LittleEndian(_buffer.AsSpan(4));

    /// <summary>The version of the policy that acted.</summary>
    public long PolicyVersion => BinaryPrimitives.ReadInt64LittleEndian(_buffer.AsSpan(16));

    /// <summary>
    /// The actor's sequence number for this batch; it increases by one with every batch, so that duplicates are recognised.
    /// </summary>
    public long Sequence => BinaryPrimitives.ReadInt64LittleEndian(_buffer.AsSpan(24));

    /// <summary>
    /// Whether the content was received through <see cref="Receive"/>. If so, its values have not been checked, and the receiver of the
    /// batch owns its memory.
    /// </summary>
    public bool IsReceived { get; private set; }

    /// <summary>Observations, [slots * observation bytes].</summary>
    public Span<byte> Observations => _buffer.AsSpan(HeaderBytes, SlotCount * Spec.ObservationBytes);

    /// <summary>Rewards of the steps taken from the slots, [slots].</summary>
    public Span<float> Rewards => Column<float>(_rewards);

    /// <summary>Probability with which the behaviour policy chose the action, [slots].</summary>
    public Span<float> Probabilities => Column<float>(_probabilities);

    /// <summary>Actions in the element type of the spec, [slots * action bytes]; discrete actions are zero-based int32.</summary>
    public Span<byte> ActionBytes => _buffer.AsSpan(_actions, SlotCount * Spec.ActionBytes);

    /// <summary>Discrete actions, zero-based, [slots].</summary>
    /// <exception cref="InvalidOperationException">The actions are a box: use <see cref="ActionBytes"/>.</exception>
    public Span<int> Actions => Spec.ActionType == ElementType.Int32 ? Column<int>(_actions) : throw Spec.NotDiscrete();

    /// <summary>
    /// Initial priorities of the steps, finite and not negative, [slots], 0 in final slots; empty when the batch has none
    /// (Horgan et al. 2018, "Distributed Prioritized Experience Replay").
    /// </summary>
    public Span<float> Priorities => _flags > _priorities ? Column<float>(_priorities) : [];

    /// <summary>Flags, [slots].</summary>
    public Span<SlotFlags> Flags => MemoryMarshal.Cast<byte, SlotFlags>(_buffer.AsSpan(_flags, SlotCount));

    /// <summary>The block as stored and sent: header and columns.</summary>
    public ReadOnlyMemory<byte> Bytes => _buffer.AsMemory(0, _flags + SlotCount);

    /// <summary>Starts a batch with a known number of slots; the caller then fills the columns and sets <see cref="StepCount"/>.</summary>
    /// <param name="actorId">The actor.</param>
    /// <param name="policyVersion">The version of the policy that acted.</param>
    /// <param name="sequence">The actor's sequence number for this batch.</param>
    /// <param name="slotCount">Number of slots, at most <see cref="SlotCapacity"/>.</param>
    /// <param name="hasPriorities">Whether there are initial priorities.</param>
    public void Start(int actorId, long policyVersion, long sequence, int slotCount, bool hasPriorities = false)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(slotCount, SlotCapacity);
        SegmentBatchHeader.Write(_buffer.AsSpan(0, HeaderBytes), Spec, actorId, policyVersion, sequence, slotCount, hasPriorities);
        Layout(slotCount, hasPriorities);
        IsReceived = false;
    }

    /// <summary>Copies a whole batch: header and columns.</summary>
    /// <param name="source">A batch of the same spec, not this one.</param>
    /// <exception cref="ArgumentException">The batches are for different specs, or this one has too few slots.</exception>
    public void CopyFrom(SegmentBatch source)
    {
        if (source.Spec.Hash != Spec.Hash || source.SlotCount > SlotCapacity)
        {
            throw new ArgumentException(
                $"the source has {source.SlotCount} slots of {source.Spec}, expected at most {SlotCapacity} of {Spec}", nameof(source));
        }

        source.Bytes.Span.CopyTo(_buffer);
        Layout(source.SlotCount, !source.Priorities.IsEmpty);
        IsReceived = false;
    }

    /// <summary>
    /// Starts receiving a batch: writes the header and returns the memory after it, which the caller fills with one copy.
    /// </summary>
    /// <param name="header">The header received.</param>
    /// <returns>
    /// The memory after the header, <see cref="SegmentBatchHeader.TotalBytes"/> - <see cref="HeaderBytes"/> bytes. Once it is filled,
    /// <see cref="Bytes"/> is equal to the sender's block.
    /// </returns>
    /// <exception cref="ArgumentException">The batch is for another spec, or has too few slots.</exception>
    public Span<byte> Receive(scoped in SegmentBatchHeader header)
    {
        if (header.Spec?.Hash != Spec.Hash)
        {
            throw new ArgumentException($"the batch is for {Spec}, the header for {header.Spec}", nameof(header));
        }

        Start(header.ActorId, header.PolicyVersion, header.Sequence, header.SlotCount, header.HasPriorities);
        StepCount = header.StepCount;
        IsReceived = true;
        return _buffer.AsSpan(HeaderBytes, header.TotalBytes - HeaderBytes);
    }

    /// <summary>Returns the size of a block in bytes.</summary>
    /// <param name="spec">The slot format.</param>
    /// <param name="slots">Number of slots, not negative.</param>
    /// <param name="hasPriorities">Whether it has initial priorities.</param>
    public static long BytesFor(SegmentSpec spec, int slots, bool hasPriorities = false) =>
        RewardsAt(spec, slots) + ((long)slots * (spec.SlotBytes - spec.ObservationBytes + (hasPriorities ? sizeof(float) : 0)));

    // Four-byte columns start at a multiple of four, whatever the size of an observation.
    private static long RewardsAt(SegmentSpec spec, int slots) => (HeaderBytes + ((long)slots * spec.ObservationBytes) + 3) & ~3L;

    private void Layout(int slotCount, bool hasPriorities)
    {
        SlotCount = slotCount;
        _rewards = (int)RewardsAt(Spec, slotCount);

        // The padding between columns is sent too: clear it, so that old memory contents do not leak.
        int observationsEnd = HeaderBytes + (slotCount * Spec.ObservationBytes);
        _buffer.AsSpan(observationsEnd, _rewards - observationsEnd).Clear();
        _probabilities = _rewards + (4 * slotCount);
        _actions = _probabilities + (4 * slotCount);
        _priorities = _actions + (Spec.ActionBytes * slotCount);
        _flags = _priorities + (hasPriorities ? 4 * slotCount : 0);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Span<T> Column<T>(int offset)
        where T : unmanaged => MemoryMarshal.Cast<byte, T>(_buffer.AsSpan(offset, 4 * SlotCount));
}
