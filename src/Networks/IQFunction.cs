namespace Krewe.Networks;

/// <summary>A Q-function: the part of a network that action selection uses. Not thread-safe: one caller at a time.</summary>
public interface IQFunction
{
    /// <summary>What the network computes.</summary>
    PolicySpec Spec { get; }

    /// <summary>Computes Q-values.</summary>
    /// <param name="observations">Observations one after another, [count * <see cref="PolicySpec.ObservationBytes"/>] bytes.</param>
    /// <param name="count">Number of observations.</param>
    /// <param name="qValues">Receives the Q-values, [count, actions] row-major.</param>
    void Forward(ReadOnlySpan<byte> observations, int count, Span<float> qValues);
}
