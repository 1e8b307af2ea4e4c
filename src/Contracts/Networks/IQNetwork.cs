namespace Krewe.Contracts.Networks;

/// <summary>A Q-network that can be evaluated: what an actor needs. Not thread-safe: one caller at a time.</summary>
public interface IQNetwork : IDisposable
{
    /// <summary>What the network computes.</summary>
    NetworkSpec Spec { get; }

    /// <summary>Computes Q-values.</summary>
    /// <param name="observations">Observations one after another, [count * <see cref="NetworkSpec.ObservationBytes"/>] bytes.</param>
    /// <param name="count">Number of observations.</param>
    /// <param name="qValues">Receives the Q-values, [count, actions] row-major.</param>
    void Forward(ReadOnlySpan<byte> observations, int count, Span<float> qValues);

    /// <summary>Copies the parameters out, in the order of <see cref="NetworkSpec"/>.</summary>
    /// <param name="parameters">Receives them, [<see cref="NetworkSpec.ParameterCount"/>].</param>
    void ReadParameters(Span<float> parameters);

    /// <summary>Replaces the parameters.</summary>
    /// <param name="parameters">The new ones, [<see cref="NetworkSpec.ParameterCount"/>].</param>
    void WriteParameters(ReadOnlySpan<float> parameters);
}
