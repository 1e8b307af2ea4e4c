using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Krewe.Contracts;

/// <summary>The format of a slot: the element type and length of an observation, and the number of actions.</summary>
public sealed record SegmentSpec
{
    /// <summary>Creates the slot format of an environment.</summary>
    /// <param name="observationSpace">The space of observations.</param>
    /// <param name="actionSpace">The space of actions.</param>
    public SegmentSpec(Space observationSpace, DiscreteSpace actionSpace)
        : this(
            observationSpace.ElementType,
            observationSpace.Length,
            actionSpace.N,
            observationSpace is DiscreteSpace discrete ? discrete.N : 0)
    {
    }

    /// <summary>Creates a slot format from its numbers.</summary>
    /// <param name="elementType">Element type of an observation.</param>
    /// <param name="observationLength">Number of elements of an observation.</param>
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

    /// <summary>Number of elements of an observation.</summary>
    public int ObservationLength { get; }

    /// <summary>Number of actions.</summary>
    public int ActionCount { get; }

    /// <summary>Number of values of a discrete observation, 0 for a box.</summary>
    public int ObservationCount { get; }

    /// <summary>Size of one observation in bytes.</summary>
    public int ObservationBytes => ObservationLength * ElementType.ByteSize();

    /// <summary>Size of one slot in bytes: the observation, action (4), reward (4), behaviour probability (4) and flags (1).</summary>
    public int SlotBytes => ObservationBytes + 13;

    /// <summary>A hash of the spec, the same in every process. It identifies batches that were made for another spec.</summary>
    public ulong Hash { get; }

    private ulong ComputeHash()
    {
        string text = string.Create(
            CultureInfo.InvariantCulture,
            $"krewe-segment-1;{(int)ElementType};{ObservationLength};{ActionCount};{ObservationCount}");
        return BitConverter.ToUInt64(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
    }
}
