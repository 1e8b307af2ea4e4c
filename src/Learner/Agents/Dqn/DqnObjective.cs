using System.Collections.Immutable;

namespace Krewe.Learner;

/// <summary>
/// The error of V. Mnih et al., "Human-level control through deep reinforcement learning" (2015): R + d * max_a Q'(s', a) - Q(s, a), Q' the
/// target network. A sample's priority is the size of its error.
/// </summary>
/// <param name="loss">The loss of the error.</param>
public sealed class DqnObjective(TemporalDifference loss) : IObjective
{
    /// <summary>The loss of the error.</summary>
    public TemporalDifference Loss => loss;

    /// <inheritdoc/>
    public ImmutableArray<ForwardPass> Passes { get; } = [new(NetworkParameters.Target, IsNext: true)];

    /// <inheritdoc/>
    public void Evaluate(in ObjectiveBlock block)
    {
        ReadOnlySpan<float> next = block.Pass(0);
        for (int row = 0; row < block.Rows; row++)
        {
            ReadOnlySpan<float> values = next.Slice(row * block.Actions, block.Actions);
            float best = values[0];
            for (int action = 1; action < values.Length; action++)
            {
                // MathF.Max returns NaN if either is.
                best = MathF.Max(best, values[action]);
            }

            loss.Evaluate(block, row, best);
        }
    }
}
