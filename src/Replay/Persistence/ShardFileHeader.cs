using System.Runtime.InteropServices;
using Krewe.Contracts;

namespace Krewe.Replay;

/// <summary>
/// The header of a shard file in its memory layout: little-endian, zero where unused. Offsets and meanings never change within a version.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = Bytes)]
internal struct ShardFileHeader
{
    /// <summary>Size of the header in bytes.</summary>
    public const int Bytes = 192;

    /// <summary>The format version that this code writes and reads.</summary>
    public const int CurrentVersion = 2;

    /// <summary>"KREWRING".</summary>
    public const ulong CurrentMagic = 0x474E_4952_5745_524B;

    [FieldOffset(0)] public ulong Magic;
    [FieldOffset(8)] public int Version;
    [FieldOffset(12)] public int HeaderBytes;
    [FieldOffset(16)] public ulong SpecHash;
    [FieldOffset(24)] public int ElementType;
    [FieldOffset(28)] public int ObservationLength;
    [FieldOffset(32)] public int ActionCount;
    [FieldOffset(36)] public int ObservationCount;
    [FieldOffset(40)] public long Capacity;
    [FieldOffset(48)] public long Oldest;
    [FieldOffset(56)] public long Head;
    [FieldOffset(64)] public long Transitions;
    [FieldOffset(72)] public long LimiterInserted;
    [FieldOffset(80)] public long LimiterSampled;
    [FieldOffset(88)] public long Inserted;
    [FieldOffset(96)] public long Sampled;
    [FieldOffset(104)] public long StaleUpdates;
    [FieldOffset(112)] public UInt128 RandomState;
    [FieldOffset(128)] public UInt128 RandomIncrement;
    [FieldOffset(144)] public int RandomHasHalf;
    [FieldOffset(148)] public uint RandomHalf;
    [FieldOffset(152)] public int ActionType;
    [FieldOffset(156)] public int ActionLength;
    [FieldOffset(160)] public int HasPriorities;

    /// <summary>Creates a header of the current version.</summary>
    /// <param name="spec">The slot format. Its numbers are stored for messages; only the hash is compared.</param>
    public ShardFileHeader(SegmentSpec spec)
    {
        (Magic, Version, HeaderBytes, SpecHash) = (CurrentMagic, CurrentVersion, Bytes, spec.Hash);
        (ElementType, ObservationLength) = ((int)spec.ElementType, spec.ObservationLength);
        (ActionCount, ObservationCount) = (spec.ActionCount, spec.ObservationCount);
        (ActionType, ActionLength) = ((int)spec.ActionType, spec.ActionLength);
    }

    /// <summary>The pacing counters; zero for a shard of a <see cref="ShardedReplay"/>, which saves its own.</summary>
    public PacerState Counters
    {
        readonly get => new(new RateLimiterState(LimiterInserted, LimiterSampled), Inserted, Sampled);
        set => ((LimiterInserted, LimiterSampled), Inserted, Sampled) = value;
    }

    /// <summary>The selector's random state.</summary>
    public Pcg64State Random
    {
        readonly get => new(RandomState, RandomIncrement, RandomHasHalf != 0, RandomHalf);
        set => (RandomState, RandomIncrement, RandomHasHalf, RandomHalf) = (value.State, value.Increment, value.HasHalf ? 1 : 0, value.Half);
    }

    /// <summary>Number of slots in the file.</summary>
    public readonly long Slots => Head - Oldest;

    /// <summary>Size of the column of priorities, the last one, in bytes; 0 if there is none.</summary>
    public readonly long PriorityBytes => HasPriorities != 0 ? Slots * sizeof(float) : 0;

    /// <summary>Describes the slot format, for messages.</summary>
    public readonly string DescribeSpec() => FormattableString.Invariant(
        $"{(ElementType)ElementType} observations of length {ObservationLength} (values {ObservationCount}) and {(ElementType)ActionType} actions of length {ActionLength} (values {ActionCount})");
}
