namespace Krewe.Networks;

/// <summary>Creates inference-only networks, which actors and evaluations use for the parameters of any backend.</summary>
public static class InferenceNetwork
{
    /// <summary>Creates a network with all parameters zero.</summary>
    /// <param name="spec">The network.</param>
    /// <exception cref="ArgumentException">The network's inputs do not match its observations.</exception>
    public static IQNetwork Create(NetworkSpec spec) => CreateShared(spec);

    internal static ISharedInference CreateShared(NetworkSpec spec) =>
        spec.Architecture.IsPlain ? new MlpInference(spec) : new LayeredInference(spec);
}
