using Krewe.Contracts;

namespace Krewe.Tests;

/// <summary>Actions between bounds: centre + half the width * tanh(output).</summary>
/// <param name="space">The space, bounded in every element.</param>
internal sealed class BoundedActions(BoxSpace space)
{
    public int Length => space.Length;

    /// <summary>The action of an output, with noise in units of half the width.</summary>
    public float Of(float output, int element, double noise = 0)
    {
        (float low, float high) = (space.Low[element], space.High[element]);
        double half = 0.5 * (high - low);
        return (float)Math.Clamp(low + half + (half * (Math.Tanh(output) + noise)), low, high);
    }

    /// <summary>The derivative of <see cref="Of"/> with respect to the output, without noise.</summary>
    public float Slope(float output, int element)
    {
        double tanh = Math.Tanh(output);
        return (float)(0.5 * (space.High[element] - space.Low[element]) * (1 - (tanh * tanh)));
    }

    /// <summary>A normally distributed number (G. E. P. Box and M. E. Muller, 1958).</summary>
    public static double Normal(Pcg64 random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
