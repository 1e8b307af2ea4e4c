

namespace Krewe.Contracts;

/// <summary>
/// Many instances of one environment stepped together, in flat arrays. An instance whose episode ended is reset in the same step
/// (Gymnasium's <c>AutoresetMode.SAME_STEP</c>), and the true last observation is kept. Not thread-safe: one caller at a time.
/// </summary>
public interface IVectorEnvironment : IDisposable
{
    /// <summary>Number of instances, N.</summary>
    int Count { get; }

    /// <summary>The space of one instance's observations.</summary>
    Space ObservationSpace { get; }

    /// <summary>The space of one instance's actions.</summary>
    DiscreteSpace ActionSpace { get; }

    /// <summary>Starts an episode in every instance.</summary>
    /// <param name="seed">Instance i is seeded with <paramref name="seed"/> + i, as Gymnasium's vector environments do; null goes on with the streams.</param>
    /// <param name="observations">Receives the first observations: N * <see cref="Space.ByteSize"/> bytes, instance after instance.</param>
    void Reset(ulong? seed, Span<byte> observations);

    /// <summary>Steps every instance once.</summary>
    /// <param name="actions">
    /// One action an instance, [N], counted from 0 whatever <see cref="DiscreteSpace.Start"/> is; discrete observations likewise.
    /// </param>
    /// <param name="result">Receives what the step gave.</param>
    void Step(ReadOnlySpan<int> actions, in VectorStep result);
}

/// <summary>The caller's memory that a vector environment's step writes into. All spans cover all N instances.</summary>
public readonly ref struct VectorStep
{
    /// <summary>
    /// The observations to act on next, N * <see cref="Space.ByteSize"/> bytes: of an instance whose episode ended, the first
    /// observation of its next episode.
    /// </summary>
    public required Span<byte> Observations { get; init; }

    /// <summary>
    /// The true last observations, same layout; written only for the instances whose episode ended in this step, the rest is
    /// left as it was.
    /// </summary>
    public required Span<byte> FinalObservations { get; init; }

    /// <summary>Rewards, [N].</summary>
    public required Span<float> Rewards { get; init; }

    /// <summary>1 where the task ended, else 0, [N].</summary>
    public required Span<byte> Terminated { get; init; }

    /// <summary>1 where the episode was cut from outside, else 0, [N].</summary>
    public required Span<byte> Truncated { get; init; }
}
