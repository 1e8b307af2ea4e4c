using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Krewe.Contracts;

/// <summary>What one slot of experience holds: the observation's element type and length and the number of actions.</summary>
public sealed record SegmentSpec
{
    /// <summary>Describes the experience of an environment.</summary>
    /// <param name="observationSpace">The space of its observations.</param>
    /// <param name="actionSpace">The space of its actions.</param>
    public SegmentSpec(Space observationSpace, DiscreteSpace actionSpace)
        : this(
            observationSpace.ElementType,
            observationSpace.Length,
            actionSpace.N,
            observationSpace is DiscreteSpace discrete ? discrete.N : 0)
    {
    }

    /// <summary>Describes experience from numbers alone.</summary>
    /// <param name="elementType">Element type of an observation.</param>
    /// <param name="observationLength">Elements of an observation.</param>
    /// <param name="actionCount">Number of actions.</param>
    /// <param name="observationCount">Number of values of a discrete observation, 0 for a box.</param>
    public SegmentSpec(ElementType elementType, int observationLength, int actionCount, int observationCount = 0)
    {
        ElementType = elementType;
        ObservationLength = observationLength;
        ActionCount = actionCount;
        ObservationCount = observationCount;
        Hash = ComputeHash();
    }

    /// <summary>Element type of an observation.</summary>
    public ElementType ElementType { get; }

    /// <summary>Elements of an observation.</summary>
    public int ObservationLength { get; }

    /// <summary>Number of actions.</summary>
    public int ActionCount { get; }

    /// <summary>Number of values of a discrete observation, 0 for a box.</summary>
    public int ObservationCount { get; }

    /// <summary>Bytes of one observation.</summary>
    public int ObservationBytes => ObservationLength * ElementType.ByteSize();

    /// <summary>
    /// Bytes of one slot: the observation, action (4), reward (4), behaviour probability (4) and flags (1).
    /// </summary>
    public int SlotBytes => ObservationBytes + 13;

    /// <summary>A hash of the spec, the same in every process: what tells a batch made for something else.</summary>
    public ulong Hash { get; }

    private ulong ComputeHash()
    {
        string text = string.Create(
            CultureInfo.InvariantCulture,
            $"krewe-segment-1;{(int)ElementType};{ObservationLength};{ActionCount};{ObservationCount}");
        return BitConverter.ToUInt64(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
    }
}
