using System.Collections.Immutable;
using Krewe.Contracts;
using Krewe.Learner;

namespace Krewe.Tests;

/// <summary>
/// The loss of IQN: quantiles at random fractions of Q(s, a) against R + d z, z the target network's quantiles at other random fractions of
/// the action with the largest mean of them.
/// </summary>
/// <param name="draws">Fractions of the quantiles that learn, N.</param>
/// <param name="targetDraws">Fractions of the target, N'.</param>
/// <param name="kappa">Where Huber's error changes from quadratic to linear.</param>
internal sealed class IqnObjective(int draws, int targetDraws, double kappa) : IRandomObjective
{
    public ImmutableArray<ForwardPass> Passes { get; } = [new(NetworkParameters.Target, IsNext: true) { Draws = targetDraws }];

    public int InputLength => 1;

    public int Draws => draws;

    public void Draw(Pcg64 random, Span<float> inputs) => inputs[0] = (float)random.NextDouble();

    public void Evaluate(in ObjectiveBlock block)
    {
        ReadOnlySpan<float> next = block.Pass(0, targetDraws);
        Span<float> target = stackalloc float[targetDraws];
        for (int row = 0; row < block.Rows; row++)
        {
            ReadOnlySpan<float> quantiles = next.Slice(row * targetDraws * block.Actions, targetDraws * block.Actions);
            int best = 0;
            double highest = double.NegativeInfinity;
            for (int action = 0; action < block.Actions; action++)
            {
                double sum = 0;
                for (int j = 0; j < targetDraws; j++)
                {
                    sum += quantiles[(j * block.Actions) + action];
                }

                // NaN is taken, to be refused with the loss.
                if (!(sum <= highest))
                {
                    (best, highest) = (action, sum);
                }
            }

            for (int j = 0; j < targetDraws; j++)
            {
                float bootstrap = block.Discounts[row] == 0 ? 0 : block.Discounts[row] * quantiles[(j * block.Actions) + best];
                target[j] = block.Returns[row] + bootstrap;
            }

            ReadOnlySpan<float> source = block.Outputs.Slice(row * draws, draws);
            block.Losses[row] = QuantileLoss.Evaluate(
                source, block.Inputs.Slice(row * draws, draws), target, kappa, block.Gradients.Slice(row * draws, draws));
            block.Priorities[row] = block.Losses[row];
            float mean = 0;
            foreach (float value in source)
            {
                mean += value / draws;
            }

            block.Values[row] = mean;
        }
    }
}
