namespace Krewe.Networks;

/// <summary>A Q-function with parameters of its own. Not thread-safe: one caller at a time.</summary>
public interface IQNetwork : IQFunction, IDisposable
{
    /// <summary>Copies the parameters out, in the order of <see cref="PolicySpec"/>.</summary>
    /// <param name="parameters">Receives them, [<see cref="PolicySpec.ParameterCount"/>].</param>
    void ReadParameters(Span<float> parameters);

    /// <summary>Replaces the parameters.</summary>
    /// <param name="parameters">The new ones, [<see cref="PolicySpec.ParameterCount"/>].</param>
    void WriteParameters(ReadOnlySpan<float> parameters);
}
