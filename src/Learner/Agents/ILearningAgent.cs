using Krewe.Contracts;
using Krewe.Networks;

namespace Krewe.Learner;

/// <summary>
/// The learning half of an agent: a folder under <c>Agents</c>, or an assembly of the user's. It is found by
/// <see cref="LearningAgentAttribute"/>, has a constructor without parameters, and keeps no state: one instance serves all runs.
/// </summary>
public interface ILearningAgent
{
    /// <summary>The value of <c>agent.kind</c> that selects it, and the name of its group of options, in snake_case.</summary>
    string Kind { get; }

    /// <summary>Creates its own options with their defaults; null when it has none. The properties carry <see cref="OptionAttribute"/>.</summary>
    object? CreateOptions();

    /// <summary>Plans what a policy is made of and what the learner is fed.</summary>
    /// <param name="environment">The environment.</param>
    /// <param name="architecture">The layers that the options of the run describe, for an agent with a network.</param>
    /// <param name="options">Its own options, from <see cref="CreateOptions"/>.</param>
    /// <exception cref="InvalidOptionException">The options contradict each other, or the agent cannot act in the environment.</exception>
    /// <exception cref="ArgumentException">The network does not fit the environment's observations.</exception>
    AgentPlan Plan(EnvironmentSpec environment, NetworkArchitecture architecture, object? options);

    /// <summary>Creates a learner.</summary>
    /// <param name="context">What it learns with.</param>
    ILearner Create(LearnerContext context);
}
