using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Krewe.Contracts;

/// <summary>The format of a slot: the element types and lengths of an observation and of an action.</summary>
public sealed record SegmentSpec
{
    /// <summary>Creates the slot format of an environment.</summary>
    /// <param name="observationSpace">The space of observations.</param>
    /// <param name="actionSpace">The space of actions: a discrete space, or a box of float32.</param>
    /// <exception cref="ArgumentException">The actions are a box of uint8.</exception>
    public SegmentSpec(Space observationSpace, Space actionSpace)
        : this(
            observationSpace.ElementType,
            observationSpace.Length,
            CountOf(observationSpace),
            actionSpace.ElementType,
            actionSpace.Length,
            CountOf(actionSpace))
    {
        if (actionSpace.ElementType == ElementType.UInt8)
        {
            throw new ArgumentException($"the actions are {actionSpace}, expected a discrete space or a box of float32", nameof(actionSpace));
        }
    }

    /// <summary>Creates a slot format with discrete actions from its numbers.</summary>
    /// <param name="elementType">Element type of an observation.</param>
    /// <param name="observationLength">Number of elements of an observation.</param>
    /// <param name="actionCount">Number of actions.</param>
    /// <param name="observationCount">Number of values of a discrete observation, 0 for a box.</param>
    public SegmentSpec(ElementType elementType, int observationLength, int actionCount, int observationCount = 0)
        : this(elementType, observationLength, observationCount, ElementType.Int32, actionLength: 1, actionCount)
    {
    }

    /// <summary>Creates a slot format from its numbers.</summary>
    /// <param name="elementType">Element type of an observation.</param>
    /// <param name="observationLength">Number of elements of an observation.</param>
    /// <param name="observationCount">Number of values of a discrete observation, 0 for a box.</param>
    /// <param name="actionType">Element type of an action: <see cref="ElementType.Int32"/> or <see cref="ElementType.Float32"/>.</param>
    /// <param name="actionLength">Number of elements of an action; 1 for a discrete one.</param>
    /// <param name="actionCount">Number of discrete actions, 0 for a box.</param>
    public SegmentSpec(
        ElementType elementType, int observationLength, int observationCount, ElementType actionType, int actionLength, int actionCount)
    {
        ElementType = elementType;
        ObservationLength = observationLength;
        ObservationCount = observationCount;
        ActionType = actionType;
        ActionLength = actionLength;
        ActionCount = actionCount;
        Hash = ComputeHash();
    }

    /// <summary>Element type of an observation.</summary>
    public ElementType ElementType { get; }

    /// <summary>Number of elements of an observation.</summary>
    public int ObservationLength { get; }

    /// <summary>Number of values of a discrete observation, 0 for a box.</summary>
    public int ObservationCount { get; }

    /// <summary>Element type of an action.</summary>
    public ElementType ActionType { get; }

    /// <summary>Number of elements of an action; 1 for a discrete one.</summary>
    public int ActionLength { get; }

    /// <summary>Number of discrete actions, 0 for a box.</summary>
    public int ActionCount { get; }

    /// <summary>Size of one observation in bytes.</summary>
    public int ObservationBytes => ObservationLength * ElementType.ByteSize();

    /// <summary>Size of one action in bytes: 4 for a discrete one, 4 for each element of a box.</summary>
    public int ActionBytes => ActionLength * ActionType.ByteSize();

    /// <summary>Size of one slot in bytes: the observation, the action, reward (4), behaviour probability (4) and flags (1).</summary>
    public int SlotBytes => ObservationBytes + ActionBytes + 9;

    /// <summary>A hash of the spec, the same in every process. It identifies batches that were made for another spec.</summary>
    public ulong Hash { get; }

    /// <summary>Creates the exception for reading the actions of a box as indices.</summary>
    internal InvalidOperationException NotDiscrete() => new($"an action is {ActionLength} x {ActionType}, expected a discrete action: read ActionBytes");

    private static int CountOf(Space space) => space is DiscreteSpace discrete ? discrete.N : 0;

    private ulong ComputeHash()
    {
        string text = string.Create(
            CultureInfo.InvariantCulture,
            $"krewe-segment-2;{(int)ElementType};{ObservationLength};{ObservationCount};{(int)ActionType};{ActionLength};{ActionCount}");
        return BitConverter.ToUInt64(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
    }
}
