using System.Collections.Immutable;
using System.Reflection;

namespace Krewe.Actors;

/// <summary>The acting halves of this process's agents. Thread-safe.</summary>
public static class ActingAgents
{
    private static ImmutableArray<IActingAgent> _all = [];

    static ActingAgents() => Register(typeof(ActingAgents).Assembly);

    /// <summary>Adds the acting halves of an assembly; one replaces the one that is known under its kind.</summary>
    /// <param name="assembly">The assembly.</param>
    public static void Register(Assembly assembly)
    {
        foreach (ActingAgentAttribute attribute in assembly.GetCustomAttributes<ActingAgentAttribute>())
        {
            ImmutableInterlocked.Update(
                ref _all, static (all, agent) => [.. all.Where(known => known.Kind != agent.Kind), agent], attribute.Create());
        }
    }

    /// <summary>Whether an agent has an acting half of its own; else it acts epsilon-greedily on the values of its policy.</summary>
    /// <param name="kind">The agent's kind.</param>
    public static bool Contains(string kind) => _all.Any(agent => agent.Kind == kind);

    /// <summary>Creates the behaviour of an actor or an evaluation: that of its agent's acting half, or epsilon-greedy for an agent without one.</summary>
    /// <param name="kind">The agent's kind.</param>
    /// <param name="context">What it acts with.</param>
    public static IBehaviour Create(string kind, ActingContext context) =>
        _all.FirstOrDefault(agent => agent.Kind == kind)?.Create(context) ?? new EpsilonGreedyBehaviour(context);
}
