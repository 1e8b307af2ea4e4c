using System.Numerics;
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
        (float largest, float mass, float moment) = Krewe.Networks.Softmax.Weigh(logits, probabilities);
        float scale = 1 / mass;
        int i = 0;
        for (; i <= logits.Length - Vector<float>.Count; i += Vector<float>.Count)
        {
            (new Vector<float>(probabilities[i..]) * scale).CopyTo(probabilities[i..]);
        }

        for (; i < logits.Length; i++)
        {
            probabilities[i] *= scale;
        }

        logSum = largest + Math.Log(mass);
        return head.Mean(mass, moment);
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
        var logs = new Vector<float>((float)logSum);
        Vector<float> losses = Vector<float>.Zero;
        Vector<float> entropies = Vector<float>.Zero;
        Vector<float> masses = Vector<float>.Zero;
        int i = 0;
        for (; i <= width - Vector<float>.Count; i += Vector<float>.Count)
        {
            var share = new Vector<float>(target[i..]);
            losses += share * (logs - new Vector<float>(logits[i..]));
            entropies -= share * Vector.Log(Vector.Max(share, new Vector<float>(1e-38f)));
            masses += share;
        }

        double loss = Vector.Sum(losses);
        double entropy = Vector.Sum(entropies);
        float mass = Vector.Sum(masses);
        for (; i < width; i++)
        {
            loss += target[i] * (logSum - logits[i]);
            entropy -= target[i] > 0 ? target[i] * Math.Log(target[i]) : 0;
            mass += target[i];
        }

        i = 0;
        for (; i <= width - Vector<float>.Count; i += Vector<float>.Count)
        {
            ((new Vector<float>(gradient[i..]) * mass) - new Vector<float>(target[i..])).CopyTo(gradient[i..]);
        }

        for (; i < width; i++)
        {
            gradient[i] = (gradient[i] * mass) - target[i];
        }

        block.Losses[row] = (float)loss;
        block.Priorities[row] = (float)Math.Max(0, loss - entropy);
    }
}
