using Krewe.Actors;
using Krewe.Contracts;
using Krewe.Learner;
using Krewe.Networks;

[assembly: LearningAgent<Krewe.Tests.IqnAgent>]
[assembly: ActingAgent<Krewe.Tests.IqnActing>]

namespace Krewe.Tests;

/// <summary>
/// A stub of IQN: W. Dabney et al., "Implicit quantile networks for distributional reinforcement learning" (2018). The fraction tau is one
/// more input of the network, without the paper's cosine embedding; its output for tau is the tau-quantile of the return.
/// </summary>
public sealed class IqnAgent() : GradientAgent(OwnKind)
{
    /// <summary>Its kind.</summary>
    public const string OwnKind = "tests_iqn";

    /// <inheritdoc/>
    public override AgentPlan Plan(EnvironmentSpec environment, NetworkArchitecture architecture, object? options) => new(new NetworkSpec(
        new BoxSpace(float.NegativeInfinity, float.PositiveInfinity, [environment.ObservationSpace.Length + 1]),
        architecture,
        AgentSpaces.DiscreteActions(environment, Kind).N));

    /// <inheritdoc/>
    public override IObjective CreateObjective(LearnerOptions learner, NetworkSpec network, object? options) =>
        new IqnObjective(draws: 8, targetDraws: 6, learner.HuberDelta);
}

/// <summary>The acting half: epsilon-greedy on the mean over fixed fractions.</summary>
public sealed class IqnActing : IActingAgent
{
    /// <inheritdoc/>
    public string Kind => IqnAgent.OwnKind;

    /// <inheritdoc/>
    public IBehaviour Create(ActingContext context) => new IqnBehaviour(context);
}
