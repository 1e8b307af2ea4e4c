namespace Krewe.Networks;

/// <summary>Networks that are only evaluated: what actors and evaluations hold, whatever trained them.</summary>
public static class InferenceNetwork
{
    /// <summary>Makes one, with all parameters zero.</summary>
    /// <param name="spec">The network or table.</param>
    /// <exception cref="ArgumentException">The network's inputs do not fit its observations.</exception>
    public static IQNetwork Create(PolicySpec spec) => spec.CreateInference();
}
