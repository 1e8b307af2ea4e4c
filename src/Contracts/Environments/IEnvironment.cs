

namespace Krewe.Contracts;

/// <summary>
/// One environment with Gymnasium's semantics. Observations are written into the caller's memory in the element type of
/// <see cref="ObservationSpace"/>. Not thread-safe: one caller at a time.
/// </summary>
/// <remarks>
/// Implementing it by hand is possible; deriving from <c>Environment&lt;T&gt;</c> in Krewe.Environments is shorter.
/// </remarks>
public interface IEnvironment : IDisposable
{
    /// <summary>The space of observations.</summary>
    Space ObservationSpace { get; }

    /// <summary>The space of actions.</summary>
    DiscreteSpace ActionSpace { get; }

    /// <summary>Starts an episode.</summary>
    /// <param name="seed">Seeds the environment's random numbers; null goes on with the stream that it has, as Gymnasium does.</param>
    /// <param name="observation">Receives the first observation: <see cref="Space.ByteSize"/> bytes.</param>
    void Reset(ulong? seed, Span<byte> observation);

    /// <summary>Takes one step.</summary>
    /// <param name="action">An action of <see cref="ActionSpace"/>.</param>
    /// <param name="observation">Receives the next observation: <see cref="Space.ByteSize"/> bytes.</param>
    StepResult Step(int action, Span<byte> observation);
}

/// <summary>What a step gave beside the observation.</summary>
/// <param name="Reward">The reward.</param>
/// <param name="Terminated">The task ended: the state has no future, and a learner does not bootstrap from it.</param>
/// <param name="Truncated">The episode was cut from outside, by a time limit for example: a learner bootstraps from the last observation.</param>
public readonly record struct StepResult(double Reward, bool Terminated, bool Truncated);
