namespace Krewe.Tests;

/// <summary>Lambda returns of consecutive steps of one episode (R. S. Sutton and A. G. Barto, "Reinforcement learning", 2018, chapter 12).</summary>
internal static class LambdaReturns
{
    /// <summary>Computes G_t = r_t + d_t ((1 - lambda) v_t + lambda G_{t+1}), from the last step back; the last one is r + d v.</summary>
    /// <param name="rewards">r_t, [T].</param>
    /// <param name="discounts">d_t, 0 where the step terminated the episode, [T].</param>
    /// <param name="values">v_t, the value of the observation that step t leads to, [T].</param>
    /// <param name="lambda">lambda, in [0, 1].</param>
    /// <param name="returns">Receives G_t, [T].</param>
    public static void Fill(
        ReadOnlySpan<float> rewards, ReadOnlySpan<float> discounts, ReadOnlySpan<float> values, double lambda, Span<float> returns)
    {
        double next = values[^1];
        for (int t = rewards.Length - 1; t >= 0; t--)
        {
            // By selection: a value that is not finite must not pass a termination.
            double bootstrap = discounts[t] == 0 ? 0 : discounts[t] * (((1 - lambda) * values[t]) + (lambda * next));
            next = rewards[t] + bootstrap;
            returns[t] = (float)next;
        }
    }
}
