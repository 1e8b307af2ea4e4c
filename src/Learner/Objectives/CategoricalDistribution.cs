using Krewe.Networks;

namespace Krewe.Learner;

/// <summary>Distributions over the evenly spaced returns of a categorical head (Bellemare et al. 2017).</summary>
/// <param name="head">The head.</param>
public sealed class CategoricalDistribution(HeadSpec head)
{
    private readonly float[] _returns = [.. Enumerable.Range(0, head.Outputs).Select(head.Atom)];

    /// <summary>The returns z, [N].</summary>
    public ReadOnlySpan<float> Returns => _returns;

    /// <summary>Computes the probabilities of logits.</summary>
    /// <param name="logits">Logits, [N].</param>
    /// <param name="probabilities">Receives the probabilities, [N].</param>
    /// <param name="logSum">log sum exp(logit), so that log p = logit - log sum also where p has no digits left.</param>
    /// <returns>The expectation.</returns>
    public float Softmax(ReadOnlySpan<float> logits, Span<float> probabilities, out double logSum)
    {
        float largest = float.NegativeInfinity;
        foreach (float logit in logits)
        {
            largest = MathF.Max(largest, logit);
        }

        double sum = 0;
        for (int i = 0; i < logits.Length; i++)
        {
            probabilities[i] = MathF.Exp(logits[i] - largest);
            sum += probabilities[i];
        }

        double mean = 0;
        float scale = (float)(1 / sum);
        for (int i = 0; i < logits.Length; i++)
        {
            probabilities[i] *= scale;
            mean += (double)probabilities[i] * _returns[i];
        }

        logSum = largest + Math.Log(sum);
        return (float)mean;
    }

    /// <summary>
    /// Projects a distribution over other points onto the returns z: the mass at a point between two returns is divided between them in
    /// proportion to its nearness, and mass beyond the ends goes to the ends. No mass is lost, wherever the points fall.
    /// </summary>
    /// <param name="points">The points, [M].</param>
    /// <param name="probabilities">Their mass, [M].</param>
    /// <param name="projected">Receives the mass at each return, [N]; NaN if a point is not finite.</param>
    public void Project(ReadOnlySpan<double> points, ReadOnlySpan<float> probabilities, Span<float> projected)
    {
        int last = _returns.Length - 1;
        double perUnit = last / ((double)head.High - head.Low);
        projected.Clear();
        for (int i = 0; i < points.Length; i++)
        {
            if (!double.IsFinite(points[i]))
            {
                projected.Fill(float.NaN);
                return;
            }

            double at = (Math.Clamp(points[i], head.Low, head.High) - head.Low) * perUnit;
            int below = Math.Min((int)at, last - 1);
            float share = (float)Math.Min(at - below, 1);
            projected[below] += probabilities[i] * (1 - share);
            projected[below + 1] += probabilities[i] * share;
        }
    }

    /// <summary>Writes the results of one sample of a block: the cross-entropy of the online network's distribution against a target.</summary>
    /// <param name="block">The block.</param>
    /// <param name="row">The sample.</param>
    /// <param name="target">The target distribution, [N].</param>
    public void CrossEntropy(in ObjectiveBlock block, int row, ReadOnlySpan<float> target)
    {
        int width = target.Length;
        ReadOnlySpan<float> logits = block.Outputs.Slice(row * width, width);
        Span<float> gradient = block.Gradients.Slice(row * width, width);
        block.Values[row] = Softmax(logits, gradient, out double logSum);
        double loss = 0;
        double entropy = 0;
        double mass = 0;
        for (int i = 0; i < width; i++)
        {
            loss += target[i] * (logSum - logits[i]);
            entropy -= target[i] > 0 ? target[i] * Math.Log(target[i]) : 0;
            mass += target[i];
        }

        for (int i = 0; i < width; i++)
        {
            gradient[i] = (float)((gradient[i] * mass) - target[i]);
        }

        block.Losses[row] = (float)loss;
        block.Priorities[row] = (float)Math.Max(0, loss - entropy);
    }
}
