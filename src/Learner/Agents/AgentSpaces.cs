using Krewe.Contracts;

namespace Krewe.Learner;

/// <summary>What agents demand of an environment's spaces.</summary>
public static class AgentSpaces
{
    /// <summary>Returns the actions of an environment for an agent that chooses among discrete ones.</summary>
    /// <param name="environment">The environment.</param>
    /// <param name="kind">The agent's kind, for the message.</param>
    /// <exception cref="InvalidOptionException">The actions are continuous.</exception>
    public static DiscreteSpace DiscreteActions(EnvironmentSpec environment, string kind) => environment.ActionSpace as DiscreteSpace
        ?? throw new InvalidOptionException(
            $"{environment.Id}: its action space is {environment.ActionSpace}, but agent.kind {kind} chooses among discrete actions, expected Discrete(n)");
}
