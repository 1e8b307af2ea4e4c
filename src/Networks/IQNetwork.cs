namespace Krewe.Networks;

/// <summary>A Q-function with its own parameters. Not thread-safe.</summary>
public interface IQNetwork : IQFunction, IDisposable
{
    /// <summary>Copies the parameters into a flat array in the order of <see cref="NetworkSpec"/>.</summary>
    /// <param name="parameters">Receives the parameters, [<see cref="NetworkSpec.ParameterCount"/>].</param>
    void ReadParameters(Span<float> parameters);

    /// <summary>Replaces the parameters.</summary>
    /// <param name="parameters">The new parameters, [<see cref="NetworkSpec.ParameterCount"/>].</param>
    void WriteParameters(ReadOnlySpan<float> parameters);
}
