namespace Krewe.Contracts;

/// <summary>
/// One environment with Gymnasium's semantics. Actions are read from, and observations written into, the caller's memory in the element
/// types of their spaces. Not thread-safe.
/// </summary>
/// <remarks>
/// Deriving from <c>Environment&lt;T&gt;</c> in Krewe.Environments is usually simpler than implementing this interface directly.
/// </remarks>
public interface IEnvironment : IDisposable
{
    /// <summary>The space of observations.</summary>
    Space ObservationSpace { get; }

    /// <summary>The space of actions: a <see cref="DiscreteSpace"/>, or a <see cref="BoxSpace"/> of float32.</summary>
    Space ActionSpace { get; }

    /// <summary>Starts an episode.</summary>
    /// <param name="seed">
    /// Seeds the environment's random number generator; null keeps the generator's current state, as in Gymnasium.
    /// </param>
    /// <param name="observation">Receives the first observation: <see cref="Space.ByteSize"/> bytes.</param>
    void Reset(ulong? seed, Span<byte> observation);

    /// <summary>Takes one step.</summary>
    /// <param name="action">
    /// An action of <see cref="ActionSpace"/>: <see cref="Space.ByteSize"/> bytes. A discrete action is one int32, which
    /// <see cref="DiscreteActionExtensions"/> takes as such.
    /// </param>
    /// <param name="observation">Receives the next observation: <see cref="Space.ByteSize"/> bytes.</param>
    StepResult Step(ReadOnlySpan<byte> action, Span<byte> observation);
}

/// <summary>The result of a step, apart from the observation.</summary>
/// <param name="Reward">The reward.</param>
/// <param name="Terminated">Whether the step reached a terminal state; the learner does not bootstrap from it.</param>
/// <param name="Truncated">
/// Whether the episode was cut short from outside, for example by a time limit; the learner bootstraps from the final observation.
/// </param>
public readonly record struct StepResult(double Reward, bool Terminated, bool Truncated);
