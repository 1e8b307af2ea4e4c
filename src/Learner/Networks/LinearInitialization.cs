using Krewe.Contracts.Networks;
using Krewe.Contracts.Random;

namespace Krewe.Learner.Networks;

/// <summary>
/// The initial parameters that PyTorch gives a stack of <c>nn.Linear</c>: weight and bias uniform in (-1/sqrt(inputs), 1/sqrt(inputs)).
/// PyTorch writes the weight's bound as Kaiming's (He et al. 2015) with a = sqrt(5), which is the same number.
/// </summary>
public static class LinearInitialization
{
    /// <summary>Draws parameters, one double a parameter, in flat order.</summary>
    /// <param name="spec">The network.</param>
    /// <param name="random">The stream to draw from.</param>
    /// <param name="parameters">Receives them, [<see cref="NetworkSpec.ParameterCount"/>].</param>
    /// <exception cref="ArgumentException"><paramref name="parameters"/> has another length.</exception>
    public static void Fill(NetworkSpec spec, Pcg64 random, Span<float> parameters)
    {
        Shapes.RequireParameters(spec, parameters.Length);
        foreach (LayerSpec layer in spec.Layers)
        {
            double bound = 1.0 / Math.Sqrt(layer.Inputs);
            foreach (ref float parameter in parameters.Slice(layer.WeightOffset, (layer.Inputs + 1) * layer.Outputs))
            {
                parameter = (float)random.NextUniform(-bound, bound);
            }
        }
    }
}
