using Krewe.Contracts;
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
    public virtual AgentPlan Plan(EnvironmentSpec environment, NetworkArchitecture architecture, object? options) => new(
        new NetworkSpec(environment.ObservationSpace, architecture with { Head = Head(options) }, AgentSpaces.DiscreteActions(environment, Kind).N))
    {
        PrioritiesAreErrors = PrioritiesAreErrors,
    };

    /// <inheritdoc/>
    public ILearner Create(LearnerContext context)
    {
        IObjective objective = CreateObjective(context.Options, (NetworkSpec)context.Policy, context.AgentOptions);
        INetwork network = context.CreateNetwork((NetworkSpec)context.Policy);
        try
        {
            return new GradientLearner(
                context.Options, context.Segments, network, objective, context.Replay, context.Policies, context.Counters, context.Version, context.Random);
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }

    /// <summary>Creates the objective.</summary>
    /// <param name="learner">The options of all learners.</param>
    /// <param name="network">The network.</param>
    /// <param name="options">Its own options.</param>
    public abstract IObjective CreateObjective(LearnerOptions learner, NetworkSpec network, object? options);

    /// <summary>Whether the objective's priorities are the sizes of temporal-difference errors (<see cref="AgentPlan.PrioritiesAreErrors"/>).</summary>
    protected virtual bool PrioritiesAreErrors => false;

    /// <summary>The head of its network.</summary>
    /// <param name="options">Its own options.</param>
    /// <exception cref="InvalidOptionException">The options contradict each other.</exception>
    protected virtual HeadSpec Head(object? options) => HeadSpec.Value;
}
