namespace Krewe.Contracts;

/// <summary>Parameters that are copied out on request.</summary>
public interface IParameterSource
{
    /// <summary>Copies the parameters into a flat array in the order of their specification.</summary>
    /// <param name="parameters">Receives the parameters, as long as the specification's.</param>
    /// <exception cref="ArgumentException"><paramref name="parameters"/> has the wrong length.</exception>
    void ReadParameters(Span<float> parameters);
}
