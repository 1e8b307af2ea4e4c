namespace Krewe.Replay;

/// <summary>The columns of a <see cref="SegmentRing"/>, in the order of a shard file. The order never changes.</summary>
internal enum RingColumn
{
    /// <summary>Observations, of the size given by the slot format.</summary>
    Observations = 0,

    /// <summary>Rewards, float32.</summary>
    Rewards = 1,

    /// <summary>Behaviour probabilities, float32.</summary>
    Probabilities = 2,

    /// <summary>Actions, of the size given by the slot format.</summary>
    Actions = 3,

    /// <summary>Flags, uint8.</summary>
    Flags = 4,
}
