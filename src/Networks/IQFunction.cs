namespace Krewe.Networks;

/// <summary>A Q-function: the part of a network that action selection uses. Not thread-safe.</summary>
public interface IQFunction
{
    /// <summary>The specification of the network.</summary>
    NetworkSpec Spec { get; }

    /// <summary>Computes Q-values.</summary>
    /// <param name="observations">The observations, [count, <see cref="NetworkSpec.ObservationBytes"/>] bytes, row-major.</param>
    /// <param name="count">Number of observations.</param>
    /// <param name="qValues">Receives the Q-values, [count, actions] row-major.</param>
    void Forward(ReadOnlySpan<byte> observations, int count, Span<float> qValues);
}
