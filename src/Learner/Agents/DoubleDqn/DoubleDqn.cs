using System.Collections.Immutable;
using Krewe.Networks;

[assembly: Krewe.Learner.LearningAgent<Krewe.Learner.DoubleDqnAgent>]

namespace Krewe.Learner;

/// <summary>Double DQN: the target network evaluates the action that the online network selects.</summary>
public sealed class DoubleDqnAgent() : GradientAgent("double_dqn")
{
    /// <inheritdoc/>
    protected override bool PrioritiesAreErrors => true;

    /// <inheritdoc/>
    public override IObjective CreateObjective(LearnerOptions learner, NetworkSpec network, object? options) =>
        new DoubleDqnObjective(TemporalDifference.Of(learner));
}

/// <summary>
/// The error of H. van Hasselt, A. Guez and D. Silver, "Deep reinforcement learning with double Q-learning" (2016):
/// R + d * Q'(s', argmax_a Q(s', a)) - Q(s, a): the online network Q selects the action, the target network Q' evaluates it.
/// </summary>
/// <param name="loss">The loss of the error.</param>
public sealed class DoubleDqnObjective(TemporalDifference loss) : IObjective
{
    /// <summary>The loss of the error.</summary>
    public TemporalDifference Loss => loss;

    /// <inheritdoc/>
    public ImmutableArray<ForwardPass> Passes { get; } =
        [new(NetworkParameters.Target, IsNext: true), new(NetworkParameters.Online, IsNext: true)];

    /// <inheritdoc/>
    public void Evaluate(in ObjectiveBlock block)
    {
        ReadOnlySpan<float> next = block.Pass(0);
        ReadOnlySpan<float> selector = block.Pass(1);
        for (int row = 0; row < block.Rows; row++)
        {
            int at = row * block.Actions;
            loss.Evaluate(block, row, next[at + Argmax.First(selector.Slice(at, block.Actions))]);
        }
    }
}
