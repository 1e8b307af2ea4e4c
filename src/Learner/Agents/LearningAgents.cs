using System.Collections.Immutable;
using System.Reflection;
using System.Text.RegularExpressions;
using Krewe.Contracts;

namespace Krewe.Learner;

/// <summary>The agents of this process: the built-in ones, and those of registered assemblies. Thread-safe.</summary>
public static partial class LearningAgents
{
    private static ImmutableArray<ILearningAgent> _all = [];

    static LearningAgents()
    {
        Assembly own = typeof(LearningAgents).Assembly;
        Register(own);
        Default = own.GetCustomAttributes<LearningAgentAttribute>().Single(attribute => attribute.IsDefault).Create().Kind;
    }

    /// <summary>The kind of the agent of runs that name none.</summary>
    public static string Default { get; }

    /// <summary>All agents, in the order of their kinds.</summary>
    public static ImmutableArray<ILearningAgent> All => _all;

    /// <summary>Adds the agents of an assembly; one of the same type replaces the one that is known.</summary>
    /// <param name="assembly">The assembly.</param>
    /// <returns>Whether it has agents.</returns>
    /// <exception cref="InvalidOptionException">An agent or its options cannot be created, or its kind is not in snake_case or is that of another agent.</exception>
    public static bool Register(Assembly assembly)
    {
        ImmutableArray<ILearningAgent> agents = [.. assembly.GetCustomAttributes<LearningAgentAttribute>().Select(attribute => Create(attribute, assembly))];
        foreach (ILearningAgent agent in agents)
        {
            ImmutableInterlocked.Update(ref _all, Add, agent);
        }

        return !agents.IsEmpty;
    }

    /// <summary>Returns the agent of a kind.</summary>
    /// <param name="kind">Its kind.</param>
    /// <exception cref="InvalidOptionException">There is none.</exception>
    public static ILearningAgent Get(string kind) => All.FirstOrDefault(agent => agent.Kind == kind) ?? throw new InvalidOptionException(
        $"agent.kind is '{kind}', expected one of {string.Join(", ", All.Select(agent => agent.Kind))}{NearestName.Suggestion(kind, All.Select(agent => agent.Kind))}; an agent of your own needs --assembly DLL");

    /// <summary>Creates an agent and checks it; its code may throw.</summary>
    private static ILearningAgent Create(LearningAgentAttribute attribute, Assembly assembly)
    {
        try
        {
            ILearningAgent agent = attribute.Create();
            agent.CreateOptions();
            return agent.Kind is { } kind && KindPattern().IsMatch(kind)
                ? agent
                : throw new InvalidOptionException(
                    $"agent '{agent.Kind}' of {agent.GetType()}: expected a kind in snake_case, a letter first: lower-case letters, digits and underscores");
        }
        catch (Exception e) when (e is not KreweException)
        {
            Exception cause = e is TargetInvocationException { InnerException: { } inner } ? inner : e;
            throw new InvalidOptionException(
                $"{assembly.GetName().Name}: {attribute.GetType().GenericTypeArguments[0]} or its options could not be created: {cause.GetType().Name}: {cause.Message}", cause);
        }
    }

    // The kind is an option's value and the name of a group of options.
    [GeneratedRegex(@"^[a-z][a-z0-9_]*\z")]
    private static partial Regex KindPattern();

    private static ImmutableArray<ILearningAgent> Add(ImmutableArray<ILearningAgent> all, ILearningAgent agent)
    {
        ILearningAgent? known = all.FirstOrDefault(other => other.Kind == agent.Kind);

        // An assembly that is loaded a second time has types of its own.
        return known is null || known.GetType().FullName == agent.GetType().FullName
            ? [.. all.Where(other => other != known).Append(agent).OrderBy(other => other.Kind, StringComparer.Ordinal)]
            : throw new InvalidOptionException($"agent '{agent.Kind}' is both {known.GetType()} and {agent.GetType()}, expected one agent of a kind");
    }
}
