using Krewe.Contracts;

namespace Krewe.Actors;

/// <summary>
/// The epsilon of one actor: the run's schedule raised to the actor's exponent, 1 + i * alpha / (N - 1) for actor i of N (Horgan et al.
/// 2018, "Distributed Prioritized Experience Replay", section 4). With alpha 0 or one actor the exponent is 1.
/// </summary>
public sealed class ExplorationSchedule
{
    private readonly Schedule _schedule;
    private readonly double _exponent;

    /// <summary>Creates the schedule of an actor.</summary>
    /// <param name="options">The actors' options.</param>
    /// <param name="actorId">The index of the actor, from 0.</param>
    public ExplorationSchedule(ActorOptions options, int actorId)
    {
        _schedule = options.Epsilon;
        _exponent = options.Count > 1 ? 1 + (actorId * options.EpsilonAlpha / (options.Count - 1)) : 1;
    }

    /// <summary>Returns epsilon after a number of environment steps.</summary>
    /// <param name="step">Environment steps of the whole run so far.</param>
    /// <returns>A probability in [0, 1].</returns>
    public double At(long step)
    {
        double epsilon = _schedule.At(step);
        return _exponent == 1 ? epsilon : Math.Pow(epsilon, _exponent);
    }
}
