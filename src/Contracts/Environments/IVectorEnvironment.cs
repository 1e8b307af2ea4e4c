namespace Krewe.Contracts;

/// <summary>
/// Steps many instances of one environment together, in flat arrays. An instance whose episode ends is reset in the same step (Gymnasium's
/// <c>AutoresetMode.SAME_STEP</c>), and its final observation is kept. Not thread-safe.
/// </summary>
public interface IVectorEnvironment : IDisposable
{
    /// <summary>Number of instances, N.</summary>
    int Count { get; }

    /// <summary>The space of one instance's observations.</summary>
    Space ObservationSpace { get; }

    /// <summary>The space of one instance's actions: a <see cref="DiscreteSpace"/>, or a <see cref="BoxSpace"/> of float32.</summary>
    Space ActionSpace { get; }

    /// <summary>Starts an episode in every instance.</summary>
    /// <param name="seed">
    /// Instance i is seeded with <paramref name="seed"/> + i, as in Gymnasium's vector environments; null keeps the generators' current
    /// states.
    /// </param>
    /// <param name="observations">
    /// Receives the first observations: N * <see cref="Space.ByteSize"/> bytes, in the order of the instances.
    /// </param>
    void Reset(ulong? seed, Span<byte> observations);

    /// <summary>Steps every instance once.</summary>
    /// <param name="actions">
    /// One action for each instance, N * <see cref="Space.ByteSize"/> bytes, in the order of the instances. A discrete action is one int32,
    /// which <see cref="DiscreteActionExtensions"/> takes as such, and is zero-based whatever the value of
    /// <see cref="DiscreteSpace.Start"/>. Discrete observations are zero-based too.
    /// </param>
    /// <param name="result">Receives the results of the step.</param>
    void Step(ReadOnlySpan<byte> actions, in VectorStep result);
}

/// <summary>The caller's memory that receives the results of a step. Every span covers all N instances.</summary>
public readonly ref struct VectorStep
{
    /// <summary>
    /// The observations to act on next, N * <see cref="Space.ByteSize"/> bytes. For an instance whose episode ended, this is the first
    /// observation of its next episode.
    /// </summary>
    public required Span<byte> Observations { get; init; }

    /// <summary>
    /// The final observations, in the same layout. Written only for instances whose episode ended in this step; the rest is unchanged.
    /// </summary>
    public required Span<byte> FinalObservations { get; init; }

    /// <summary>Rewards, [N].</summary>
    public required Span<float> Rewards { get; init; }

    /// <summary>1 where the step reached a terminal state, else 0, [N].</summary>
    public required Span<byte> Terminated { get; init; }

    /// <summary>1 where the episode was truncated, else 0, [N].</summary>
    public required Span<byte> Truncated { get; init; }
}
