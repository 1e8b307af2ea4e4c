using System.Runtime.InteropServices;
using Krewe.Contracts;

namespace Krewe.Tests;

/// <summary>The memory that stepping a vector environment needs.</summary>
internal sealed class VectorBuffers(IVectorEnvironment environment)
{
    public byte[] ObservationBytes { get; } = new byte[environment.Count * environment.ObservationSpace.ByteSize];

    public byte[] FinalBytes { get; } = new byte[environment.Count * environment.ObservationSpace.ByteSize];

    public float[] Rewards { get; } = new float[environment.Count];

    public byte[] Terminated { get; } = new byte[environment.Count];

    public byte[] Truncated { get; } = new byte[environment.Count];

    public Span<float> Observations => MemoryMarshal.Cast<byte, float>(ObservationBytes.AsSpan());

    public Span<float> Finals => MemoryMarshal.Cast<byte, float>(FinalBytes.AsSpan());

    public void Reset(ulong? seed) => environment.Reset(seed, ObservationBytes);

    public VectorStep Result => new()
    {
        Observations = ObservationBytes,
        FinalObservations = FinalBytes,
        Rewards = Rewards,
        Terminated = Terminated,
        Truncated = Truncated,
    };

    public void Step(ReadOnlySpan<int> actions) => environment.Step(actions, Result);

    public void StepBytes(ReadOnlySpan<byte> actions) => environment.Step(actions, Result);
}
