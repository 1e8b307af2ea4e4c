namespace Krewe.Tests;

/// <summary>
/// The quantile regression loss with Huber's error (Dabney et al. 2018, equation 10): the sum over the source quantiles i and the mean over
/// the targets j of |tau_i - 1[u &lt; 0]| L(u), u = target_j - source_i, L(u) = u^2 / 2 up to kappa and kappa (|u| - kappa / 2) beyond; kappa
/// 0 stands for |u|. The loss is not divided by kappa, as in rlax; the paper divides, which scales the loss by a constant.
/// </summary>
internal static class QuantileLoss
{
    /// <summary>Computes the loss of one sample.</summary>
    /// <param name="source">The quantiles that learn, [N].</param>
    /// <param name="fractions">Their fractions tau, [N].</param>
    /// <param name="target">The targets, [M].</param>
    /// <param name="kappa">kappa, not negative.</param>
    /// <param name="gradient">Receives the derivative at each quantile, [N].</param>
    public static float Evaluate(
        ReadOnlySpan<float> source, ReadOnlySpan<float> fractions, ReadOnlySpan<float> target, double kappa, Span<float> gradient)
    {
        double sum = 0;
        for (int i = 0; i < source.Length; i++)
        {
            double slope = 0;
            foreach (float value in target)
            {
                double u = (double)value - source[i];
                double share = Math.Abs(fractions[i] - (u < 0 ? 1 : 0)) / target.Length;
                double size = Math.Abs(u);
                sum += share * (kappa == 0 ? size : size <= kappa ? 0.5 * u * u : kappa * (size - (0.5 * kappa)));
                slope -= share * (kappa == 0 ? Math.Sign(u) : Math.Clamp(u, -kappa, kappa));
            }

            gradient[i] = (float)slope;
        }

        return (float)sum;
    }
}
