namespace Krewe.Learner;

/// <summary>The loss of one temporal-difference error e = target - Q(s, a), and its derivative with respect to Q(s, a).</summary>
/// <param name="kind">Squared or Huber, both as PyTorch defines them (see <see cref="LossKind"/>).</param>
/// <param name="delta">The error at which the Huber loss (P. J. Huber, 1964) changes from quadratic to linear; positive.</param>
public readonly struct TemporalDifference(LossKind kind, float delta)
{
    /// <summary>Squared or Huber.</summary>
    public LossKind Kind => kind;

    /// <summary>The error at which the Huber loss changes.</summary>
    public float Delta => delta;

    /// <summary>The loss that a learner's options select.</summary>
    /// <param name="options">The options.</param>
    public static TemporalDifference Of(LearnerOptions options) => new(options.Loss, (float)options.HuberDelta);

    /// <summary>Returns the loss of one sample.</summary>
    /// <param name="error">Its error.</param>
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
    /// <param name="error">The error.</param>
    public float Derivative(float error) =>
        kind == LossKind.Mse ? -2f * error : float.IsNaN(error) ? error : -Math.Clamp(error, -delta, delta);

    /// <summary>Writes the results of one sample of a block with one output an action: the error is R + d * bootstrap - Q(s, a).</summary>
    /// <param name="block">The block.</param>
    /// <param name="row">The sample.</param>
    /// <param name="bootstrap">The value of the next observation.</param>
    public void Evaluate(in ObjectiveBlock block, int row, float bootstrap)
    {
        float value = block.Outputs[row];

        // By selection: a bootstrap value that is not finite must not pass a termination, and 0 times NaN is NaN.
        float error = block.Returns[row] + (block.Discounts[row] == 0 ? 0 : block.Discounts[row] * bootstrap) - value;
        block.Values[row] = value;
        block.Losses[row] = Loss(error);
        block.Gradients[row] = Derivative(error);
        block.Priorities[row] = MathF.Abs(error);
    }
}
