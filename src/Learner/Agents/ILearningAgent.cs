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

    /// <summary>Creates its own options with their defaults; null when it has none. The properties carry <see cref="Contracts.OptionAttribute"/>.</summary>
    object? CreateOptions();

    /// <summary>The head of its network.</summary>
    /// <param name="options">Its own options, from <see cref="CreateOptions"/>.</param>
    /// <exception cref="Contracts.InvalidOptionException">The options contradict each other.</exception>
    HeadSpec Head(object? options);

    /// <summary>Creates a learner.</summary>
    /// <param name="context">What it learns with.</param>
    ILearner Create(LearnerContext context);
}
