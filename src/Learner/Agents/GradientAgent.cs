using Krewe.Networks;

namespace Krewe.Learner;

/// <summary>An agent that samples transitions from replay and minimizes an objective by gradient descent.</summary>
/// <param name="kind">Its kind.</param>
public abstract class GradientAgent(string kind) : ILearningAgent
{
    /// <inheritdoc/>
    public string Kind => kind;

    /// <inheritdoc/>
    public virtual object? CreateOptions() => null;

    /// <inheritdoc/>
    public virtual HeadSpec Head(object? options) => HeadSpec.Value;

    /// <inheritdoc/>
    public ILearner Create(LearnerContext context) => new GradientLearner(
        context.Options,
        context.Segments,
        context.Network,
        CreateObjective(context),
        context.Replay,
        context.Policies,
        context.Counters,
        context.Version);

    /// <summary>Creates the objective.</summary>
    /// <param name="context">What the learner is created from.</param>
    protected abstract IObjective CreateObjective(LearnerContext context);
}
