using System.Collections.Immutable;
using Krewe.Networks;

namespace Krewe.Learner;

/// <summary>
/// The cross-entropy of Bellemare et al. 2017, algorithm 1: the target network's distribution of its best next action, moved to R + d z and
/// projected onto the returns z, against the online network's distribution of the action taken. A sample's priority is the
/// Kullback-Leibler divergence of the two, as in M. Hessel et al., "Rainbow" (2018).
/// </summary>
/// <param name="head">The categorical head.</param>
public sealed class C51Objective(HeadSpec head) : IObjective
{
    private readonly CategoricalDistribution _distribution = new(head);

    /// <summary>The categorical head.</summary>
    public HeadSpec Head => head;

    /// <inheritdoc/>
    public ImmutableArray<ForwardPass> Passes { get; } = [new(NetworkParameters.Target, IsNext: true)];

    /// <inheritdoc/>
    public void Evaluate(in ObjectiveBlock block)
    {
        int width = head.Outputs;
        ReadOnlySpan<float> next = block.Pass(0);
        Span<float> best = stackalloc float[width];
        Span<float> target = stackalloc float[width];
        Span<double> points = stackalloc double[width];
        for (int row = 0; row < block.Rows; row++)
        {
            ReadOnlySpan<float> actions = next.Slice(row * block.Actions * width, block.Actions * width);
            int chosen = 0;
            float highest = head.Expectation(actions[..width]);
            for (int action = 1; action < block.Actions; action++)
            {
                float value = head.Expectation(actions.Slice(action * width, width));

                // NaN is taken, to be refused with the loss.
                if (!float.IsNaN(highest) && !(value <= highest))
                {
                    (chosen, highest) = (action, value);
                }
            }

            _distribution.Softmax(actions.Slice(chosen * width, width), best, out _);
            for (int i = 0; i < width; i++)
            {
                points[i] = block.Returns[row] + ((double)block.Discounts[row] * _distribution.Returns[i]);
            }

            _distribution.Project(points, best, target);
            _distribution.CrossEntropy(block, row, target);
        }
    }
}
