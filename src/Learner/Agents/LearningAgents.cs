using System.Collections.Immutable;
using System.Reflection;
using Krewe.Contracts;

namespace Krewe.Learner;

/// <summary>The agents of this process: the built-in ones, and those of registered assemblies. Thread-safe.</summary>
public static class LearningAgents
{
    private static ImmutableArray<ILearningAgent> _all = [];

    static LearningAgents() => Register(typeof(LearningAgents).Assembly);

    /// <summary>All agents, in the order of their kinds.</summary>
    public static ImmutableArray<ILearningAgent> All => _all;

    /// <summary>Adds the agents of an assembly; no effect for those that are known already.</summary>
    /// <param name="assembly">The assembly.</param>
    /// <exception cref="InvalidOptionException">An agent has the kind of another one.</exception>
    public static void Register(Assembly assembly)
    {
        foreach (ILearningAgent agent in assembly.GetCustomAttributes<LearningAgentAttribute>().Select(attribute => attribute.Create()))
        {
            ImmutableInterlocked.Update(ref _all, Add, agent);
        }
    }

    /// <summary>Returns the agent of a kind.</summary>
    /// <param name="kind">Its kind.</param>
    /// <exception cref="InvalidOptionException">There is none.</exception>
    public static ILearningAgent Get(string kind) => All.FirstOrDefault(agent => agent.Kind == kind) ?? throw new InvalidOptionException(
        $"agent.kind is '{kind}', expected one of {string.Join(", ", All.Select(agent => agent.Kind))}{NearestName.Suggestion(kind, All.Select(agent => agent.Kind))}");

    private static ImmutableArray<ILearningAgent> Add(ImmutableArray<ILearningAgent> all, ILearningAgent agent)
    {
        ILearningAgent? known = all.FirstOrDefault(other => other.Kind == agent.Kind);
        return known is null ? [.. all.Add(agent).OrderBy(other => other.Kind, StringComparer.Ordinal)]
            : known.GetType() == agent.GetType() ? all
            : throw new InvalidOptionException($"agent '{agent.Kind}' is both {known.GetType()} and {agent.GetType()}, expected one agent of a kind");
    }
}
