using Krewe.Contracts;

namespace Krewe.Networks;

/// <summary>A Q-function with its own parameters. Not thread-safe.</summary>
public interface IQNetwork : IQFunction, IParameterSource, IDisposable
{
    /// <summary>Replaces the parameters.</summary>
    /// <param name="parameters">The new parameters, [<see cref="PolicySpec.ParameterCount"/>].</param>
    void WriteParameters(ReadOnlySpan<float> parameters);
}
