using System.Collections.Concurrent;
using Krewe.Contracts;

namespace Krewe.Learner;

/// <summary>The agent: which algorithm acts and learns.</summary>
public sealed class AgentOptions
{
    private readonly ConcurrentDictionary<string, object?> _own = new(StringComparer.Ordinal);

    /// <summary>The algorithm; docs/algorithms.md describes each.</summary>
    [Option("the algorithm: a folder of src/Learner/Agents, or an agent of your own assembly")]
    public string Kind { get; set; } = LearningAgents.Default;

    /// <summary>The own options of an agent, created with their defaults when they are asked for first; null when it has none.</summary>
    /// <param name="kind">The agent's kind.</param>
    /// <exception cref="InvalidOptionException">There is no such agent.</exception>
    public object? Of(string kind) => _own.GetOrAdd(kind, static kind => LearningAgents.Get(kind).CreateOptions());
}
