using Krewe.Contracts;
using Krewe.Networks;

namespace Krewe.Learner;

/// <summary>What a learner is created from, the same on every host.</summary>
public sealed record LearnerContext
{
    /// <summary>The options of all learners.</summary>
    public required LearnerOptions Options { get; init; }

    /// <summary>The agent's own options; null when it has none.</summary>
    public required object? AgentOptions { get; init; }

    /// <summary>The slot format of the replay.</summary>
    public required SegmentSpec Segments { get; init; }

    /// <summary>What policies are made of, from <see cref="ILearningAgent.PlanPolicy"/>.</summary>
    public required PolicySpec Policy { get; init; }

    /// <summary>Creates a network on the run's backend, with its initial parameters; the learner owns and disposes it.</summary>
    public required Func<NetworkSpec, INetwork> CreateNetwork { get; init; }

    /// <summary>Provides the mini-batches.</summary>
    public required IReplay Replay { get; init; }

    /// <summary>Receives the policies.</summary>
    public required IPolicySink Policies { get; init; }

    /// <summary>The run's counters.</summary>
    public required RunCounters Counters { get; init; }

    /// <summary>The last version published before a resume, or -1.</summary>
    public required long Version { get; init; }
}
