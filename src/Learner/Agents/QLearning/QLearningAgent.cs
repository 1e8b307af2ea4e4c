using Krewe.Contracts;
using Krewe.Networks;

[assembly: Krewe.Learner.LearningAgent<Krewe.Learner.QLearningAgent>]

namespace Krewe.Learner;

/// <summary>
/// Tabular Q-learning: C. J. C. H. Watkins and P. Dayan, "Q-learning" (1992), on transitions from replay. For environments with discrete
/// observations; the table starts at 0.
/// </summary>
public sealed class QLearningAgent : ILearningAgent
{
    /// <inheritdoc/>
    public string Kind => "q_learning";

    /// <inheritdoc/>
    public object? CreateOptions() => null;

    /// <inheritdoc/>
    public AgentPlan Plan(EnvironmentSpec environment, NetworkArchitecture architecture, object? options) =>
        environment.ObservationSpace is DiscreteSpace states
            ? (long)states.N * AgentSpaces.DiscreteActions(environment, Kind).N <= Array.MaxLength
                ? new AgentPlan(new TableSpec(states.N, AgentSpaces.DiscreteActions(environment, Kind).N))
                : throw new InvalidOptionException(
                    $"agent.kind {Kind} for {environment.Id}: {states.N} observations are too many for a table, expected fewer, or an agent with a network")
            : throw new InvalidOptionException(
                $"agent.kind {Kind} for {environment.Id}: its observations are {environment.ObservationSpace}, expected discrete ones, or an agent with a network");

    /// <inheritdoc/>
    public ILearner Create(LearnerContext context) => new QLearner(context);
}
