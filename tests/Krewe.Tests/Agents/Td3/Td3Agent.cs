using Krewe.Actors;
using Krewe.Contracts;
using Krewe.Learner;
using Krewe.Networks;

[assembly: LearningAgent<Krewe.Tests.Td3Agent>]
[assembly: ActingAgent<Krewe.Tests.Td3Acting>]

namespace Krewe.Tests;

/// <summary>
/// A stub of TD3: S. Fujimoto, H. van Hoof and D. Meger, "Addressing function approximation error in actor-critic methods" (2018). A policy
/// is a network with one output an element of the action, whose tanh is scaled to the bounds.
/// </summary>
public sealed class Td3Agent : ILearningAgent
{
    /// <summary>Its kind.</summary>
    public const string OwnKind = "tests_td3";

    /// <inheritdoc/>
    public string Kind => OwnKind;

    /// <inheritdoc/>
    public object? CreateOptions() => null;

    /// <inheritdoc/>
    public AgentPlan Plan(EnvironmentSpec environment, NetworkArchitecture architecture, object? options) =>
        environment.ActionSpace is BoxSpace { ElementType: ElementType.Float32 } actions
            ? new AgentPlan(new NetworkSpec(environment.ObservationSpace, architecture, actions.Length))
            : throw new InvalidOptionException($"{environment.Id}: its action space is {environment.ActionSpace}, but agent.kind {Kind} needs a box of float32");

    /// <inheritdoc/>
    public ILearner Create(LearnerContext context) => new Td3Learner(context);
}

/// <summary>The acting half: the policy's action, with noise unless it is evaluated.</summary>
public sealed class Td3Acting : IActingAgent
{
    /// <inheritdoc/>
    public string Kind => Td3Agent.OwnKind;

    /// <inheritdoc/>
    public IBehaviour Create(ActingContext context) => new Td3Behaviour(context);
}
