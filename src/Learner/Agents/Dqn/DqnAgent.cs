using Krewe.Networks;

[assembly: Krewe.Learner.LearningAgent<Krewe.Learner.DqnAgent>(IsDefault = true)]

namespace Krewe.Learner;

/// <summary>Deep Q-networks: V. Mnih et al., "Human-level control through deep reinforcement learning" (2015).</summary>
public sealed class DqnAgent() : GradientAgent("dqn")
{
    /// <inheritdoc/>
    protected override bool PrioritiesAreErrors => true;

    /// <inheritdoc/>
    public override IObjective CreateObjective(LearnerOptions learner, NetworkSpec network, object? options) => new DqnObjective(TemporalDifference.Of(learner));
}
