using Krewe.Contracts;
using Krewe.Networks;

namespace Krewe.Actors;

/// <summary>What a behaviour is created from, the same on every host.</summary>
/// <param name="ActorId">The index of the actor, from 0.</param>
/// <param name="Options">The options of the actors.</param>
/// <param name="Segments">Observations and actions of the environments.</param>
/// <param name="Environments">Number of environments, N.</param>
/// <param name="Policies">Provides the policies.</param>
/// <param name="Random">The actor's random stream, from which all its exploration draws.</param>
public sealed record ActingContext(
    int ActorId, ActorOptions Options, SegmentSpec Segments, int Environments, IPolicySource Policies, Pcg64 Random)
{
    /// <summary>The space of actions, with the bounds of continuous ones.</summary>
    public required Space ActionSpace { get; init; }

    /// <summary>
    /// Whether the policy is evaluated: the behaviour adds no noise of its own. The schedule of <see cref="ActorOptions.Epsilon"/> is then
    /// that of the evaluation, 0 for a policy without exploration.
    /// </summary>
    public bool IsEvaluation { get; init; }

    /// <summary>Whether the actor asks an <see cref="IValueBehaviour"/> for values after each step.</summary>
    public bool NeedsValues { get; init; }
}
