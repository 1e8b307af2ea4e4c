using Krewe.Contracts;
using Krewe.Networks;

namespace Krewe.Learner;

/// <summary>What a learner is created from, the same on every host.</summary>
public sealed record LearnerContext
{
    /// <summary>The seed of the run.</summary>
    public required long Seed { get; init; }

    /// <summary>The options of all learners.</summary>
    public required LearnerOptions Options { get; init; }

    /// <summary>The agent's own options; null when it has none.</summary>
    public required object? AgentOptions { get; init; }

    /// <summary>The specification of the environment.</summary>
    public required EnvironmentSpec Environment { get; init; }

    /// <summary>The slot format of the experience.</summary>
    public required SegmentSpec Segments { get; init; }

    /// <summary>What policies are made of, from <see cref="ILearningAgent.Plan"/>.</summary>
    public required PolicySpec Policy { get; init; }

    /// <summary>Creates a network on the run's backend, with its initial parameters; the learner owns and disposes it.</summary>
    public required Func<NetworkSpec, INetwork> CreateNetwork { get; init; }

    /// <summary>The most slots of a rollout.</summary>
    public required int RolloutSlots { get; init; }

    /// <summary>What the plan asked to be fed: <see cref="Replay"/> or <see cref="Rollouts"/>.</summary>
    public required IExperience Experience { get; init; }

    /// <summary>Provides the mini-batches of an agent that is fed transitions.</summary>
    /// <exception cref="InvalidOperationException">The agent's plan asks for another feed.</exception>
    public IReplay Replay => Experience as IReplay ?? throw NotFed(FeedKind.Transitions);

    /// <summary>Provides the rollouts of an agent that is fed rollouts.</summary>
    /// <exception cref="InvalidOperationException">The agent's plan asks for another feed.</exception>
    public IRollouts Rollouts => Experience as IRollouts ?? throw NotFed(FeedKind.Rollouts);

    /// <summary>Receives the policies.</summary>
    public required IPolicySink Policies { get; init; }

    /// <summary>The run's counters.</summary>
    public required RunCounters Counters { get; init; }

    /// <summary>The last version published before a resume, or -1.</summary>
    public required long Version { get; init; }

    /// <summary>
    /// Creates the random stream of a count, for example of the updates so far. A learner that takes a new stream for each update has no
    /// random state to save. The streams repeat after 2^32.
    /// </summary>
    /// <param name="count">The count, not negative.</param>
    public Pcg64 Random(long count) => RandomStreams.Create(Seed, RandomStream.Learner, unchecked((int)count));

    private static InvalidOperationException NotFed(FeedKind feed) => new($"the agent's plan does not ask for {feed}");
}
