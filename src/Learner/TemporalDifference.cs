namespace Krewe.Learner;

/// <summary>The loss of one temporal-difference error e = target - Q(s, a), and its derivative with respect to Q(s, a).</summary>
/// <param name="kind">Squared or Huber, both as PyTorch defines them (see <see cref="LossKind"/>).</param>
/// <param name="delta">The error at which the Huber loss (P. J. Huber, 1964) changes from quadratic to linear; positive.</param>
internal readonly struct TemporalDifference(LossKind kind, float delta)
{
    /// <summary>Returns the loss of one sample.</summary>
    public float Loss(float error)
    {
        if (kind == LossKind.Mse)
        {
            return error * error;
        }

        float size = MathF.Abs(error);
        return size <= delta ? 0.5f * error * error : delta * (size - (0.5f * delta));
    }

    /// <summary>Returns the derivative d Loss / d Q(s, a); NaN stays NaN.</summary>
    public float Derivative(float error) =>
        kind == LossKind.Mse ? -2f * error : float.IsNaN(error) ? error : -Math.Clamp(error, -delta, delta);
}
