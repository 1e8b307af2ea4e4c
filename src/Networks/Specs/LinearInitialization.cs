using Krewe.Contracts;

namespace Krewe.Networks;

/// <summary>
/// The initialization of PyTorch's <c>nn.Linear</c> and <c>nn.Conv2d</c>: weight and bias are uniform in
/// (-1/sqrt(fan_in), 1/sqrt(fan_in)). PyTorch computes the bound of the weight as Kaiming initialization (He et al. 2015) with
/// a = sqrt(5), which is the same number. A normalization starts with gain 1 and bias 0.
/// </summary>
public static class LinearInitialization
{
    /// <summary>Draws parameters in flat order, one double per parameter.</summary>
    /// <param name="spec">The network.</param>
    /// <param name="random">The random stream.</param>
    /// <param name="parameters">Receives the parameters, [<see cref="NetworkSpec.ParameterCount"/>].</param>
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
