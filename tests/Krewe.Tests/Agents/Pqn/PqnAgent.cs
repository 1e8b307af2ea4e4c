using Krewe.Contracts;
using Krewe.Learner;
using Krewe.Networks;

[assembly: LearningAgent<Krewe.Tests.PqnAgent>]

namespace Krewe.Tests;

/// <summary>Options of the agent.</summary>
public sealed class PqnOptions
{
    /// <summary>Decay of the lambda returns.</summary>
    [Option("decay of the lambda returns", Min = 0, Max = 1)]
    public double Lambda { get; set; } = 0.65;

    /// <summary>How often each rollout is learned from.</summary>
    [Option("passes over each rollout", Min = 1, Max = 100)]
    public int Epochs { get; set; } = 2;
}

/// <summary>
/// A stub of PQN: M. Gallici et al., "Simplifying deep temporal difference learning" (2025). Learns from rollouts, without replay and
/// without a target network; it acts epsilon-greedily.
/// </summary>
public sealed class PqnAgent : ILearningAgent
{
    /// <inheritdoc/>
    public string Kind => "tests_pqn";

    /// <inheritdoc/>
    public object CreateOptions() => new PqnOptions();

    /// <inheritdoc/>
    public AgentPlan Plan(EnvironmentSpec environment, NetworkArchitecture architecture, object? options) =>
        new(new NetworkSpec(environment.ObservationSpace, architecture, AgentSpaces.DiscreteActions(environment, Kind).N)) { Feed = FeedKind.Rollouts };

    /// <inheritdoc/>
    public ILearner Create(LearnerContext context) => new PqnLearner(context, (PqnOptions)context.AgentOptions!);
}
