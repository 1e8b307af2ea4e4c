[assembly: Krewe.Learner.LearningAgent<Krewe.Learner.DqnAgent>(IsDefault = true)]

namespace Krewe.Learner;

/// <summary>Deep Q-networks: V. Mnih et al., "Human-level control through deep reinforcement learning" (2015).</summary>
public sealed class DqnAgent() : GradientAgent("dqn")
{
    /// <inheritdoc/>
    protected override IObjective CreateObjective(LearnerContext context) => new DqnObjective(TemporalDifference.Of(context.Options));
}
