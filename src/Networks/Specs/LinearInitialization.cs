using Krewe.Contracts;

namespace Krewe.Networks;

/// <summary>
/// The initial parameters that PyTorch gives <c>nn.Linear</c> and <c>nn.Conv2d</c>: weight and bias uniform in
/// (-1/sqrt(inputs), 1/sqrt(inputs)), inputs those of one output. PyTorch writes the weight's bound as Kaiming's (He et al. 2015) with
/// a = sqrt(5), which is the same number. A normalization starts with gain 1 and bias 0.
/// </summary>
public static class LinearInitialization
{
    /// <summary>Draws parameters, one double a parameter, in flat order.</summary>
    /// <param name="spec">The network.</param>
    /// <param name="random">The stream to draw from.</param>
    /// <param name="parameters">Receives them, [<see cref="PolicySpec.ParameterCount"/>].</param>
    /// <exception cref="ArgumentException"><paramref name="parameters"/> has the wrong length.</exception>
    public static void Fill(NetworkSpec spec, Pcg64 random, Span<float> parameters)
    {
        Shapes.RequireParameters(spec, parameters.Length);
        foreach (TensorSpec tensor in spec.Tensors)
        {
            Span<float> values = parameters.Slice(tensor.Offset, tensor.Length);
            if (tensor.Fan == 0)
            {
                values.Fill(tensor.InitialValue);
                continue;
            }

            double bound = 1.0 / Math.Sqrt(tensor.Fan);
            foreach (ref float parameter in values)
            {
                parameter = (float)random.NextUniform(-bound, bound);
            }
        }
    }
}
