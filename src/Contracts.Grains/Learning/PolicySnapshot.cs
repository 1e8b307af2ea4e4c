namespace Krewe.Contracts.Grains;

/// <summary>A policy as it crosses the wire: its version and its parameters, in the order of the network spec.</summary>
/// <param name="Version">The version, with the learner's epoch in its high part.</param>
/// <param name="Parameters">The parameters; never written to once sent.</param>
[Immutable]
public sealed record PolicySnapshot(long Version, ReadOnlyMemory<float> Parameters)
{
    /// <summary>The memory that the parameters were read into, if they came off the wire.</summary>
    internal float[]? Rented;
}
