namespace Krewe.Contracts.Grains;

/// <summary>A policy as sent over the wire: its version and its parameters, in the order of the network spec.</summary>
/// <param name="Version">The version, with the learner's epoch in its high part.</param>
/// <param name="Parameters">The parameters; not modified once sent.</param>
[Immutable]
public sealed record PolicySnapshot(long Version, ReadOnlyMemory<float> Parameters)
{
    /// <summary>The pooled memory that holds the parameters, if they were received over the wire.</summary>
    internal float[]? Rented;
}
