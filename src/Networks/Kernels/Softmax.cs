using System.Numerics;

namespace Krewe.Networks;

/// <summary>The exponentials of a categorical head.</summary>
internal static class Softmax
{
    /// <summary>Computes exp(logit - largest logit) of each logit, and sums of them.</summary>
    /// <param name="logits">Logits, [N].</param>
    /// <param name="weights">Receives the exponentials, [N]; empty where only the sums are needed.</param>
    /// <returns>The largest logit, the sum of the exponentials, and the sum of each times its index; NaN if a logit is NaN.</returns>
    public static (float Largest, float Sum, float Moment) Weigh(ReadOnlySpan<float> logits, Span<float> weights)
    {
        int lanes = Vector<float>.Count;
        int whole = logits.Length - (logits.Length % lanes);

        // A vector for the last logits: infinitely small ones beside them weigh nothing.
        Span<float> last = stackalloc float[lanes];
        last.Fill(float.NegativeInfinity);
        logits[whole..].CopyTo(last);
        var most = new Vector<float>(last);
        for (int i = 0; i < whole; i += lanes)
        {
            most = Vector.Max(most, new Vector<float>(logits[i..]));
        }

        float largest = most[0];
        for (int i = 1; i < lanes; i++)
        {
            largest = MathF.Max(largest, most[i]);
        }

        var shift = new Vector<float>(largest);
        Vector<float> index = Vector.CreateSequence(0f, 1f);
        Vector<float> sum = Vector<float>.Zero;
        Vector<float> moment = Vector<float>.Zero;
        for (int i = 0; i < whole; i += lanes)
        {
            Vector<float> weight = Vector.Exp(new Vector<float>(logits[i..]) - shift);
            sum += weight;
            moment += weight * index;
            index += new Vector<float>(lanes);
            if (!weights.IsEmpty)
            {
                weight.CopyTo(weights[i..]);
            }
        }

        if (whole < logits.Length)
        {
            Vector<float> weight = Vector.Exp(new Vector<float>(last) - shift);
            sum += weight;
            moment += weight * index;
            weight.CopyTo(last);
            if (!weights.IsEmpty)
            {
                last[..(logits.Length - whole)].CopyTo(weights[whole..]);
            }
        }

        return (largest, Vector.Sum(sum), Vector.Sum(moment));
    }
}
