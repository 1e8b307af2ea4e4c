namespace Krewe.Actors;

/// <summary>
/// The acting half of an agent, for one that does not act epsilon-greedily on the values of discrete actions. It is found by
/// <see cref="ActingAgentAttribute"/> and keeps no state: one instance serves all actors.
/// </summary>
public interface IActingAgent
{
    /// <summary>The value of <c>agent.kind</c> that selects it.</summary>
    string Kind { get; }

    /// <summary>Creates the behaviour of one actor, or of an evaluation.</summary>
    /// <param name="context">What it acts with.</param>
    IBehaviour Create(ActingContext context);
}
