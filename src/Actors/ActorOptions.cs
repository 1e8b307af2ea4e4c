using Krewe.Contracts;

namespace Krewe.Actors;

/// <summary>The actors: how many there are, how they explore and how much they send at once.</summary>
public sealed class ActorOptions
{
    /// <summary>Number of number of actors; in one process each has a thread.</summary>
    [Option("number of actors; in one process each has a thread", Min = 1, Max = 4096)]
    public int Count { get; set; } = 1;

    /// <summary>Environments that each actor steps together (a vectorised environment).</summary>
    [Option("environments that each actor steps together", Min = 1, Max = 65536)]
    public int Environments { get; set; } = 16;

    /// <summary>Steps of a full segment: how often an actor sends its rollout to replay and takes a new policy.</summary>
    [Option("steps in each environment before an actor sends them to replay and takes a new policy", Min = 1, Max = 65536)]
    public int SegmentLength { get; set; } = 16;

    /// <summary>Probability of a uniformly random action, by environment steps of the whole run.</summary>
    [Option("probability of a random action", Min = 0, Max = 1)]
    public Schedule Epsilon { get; set; } = Schedule.Linear(1.0, 0.05, 10_000);

    /// <summary>
    /// Ape-X's alpha: actor i of N explores with epsilon^(1 + i * alpha / (N - 1)) (Horgan et al. 2018, where epsilon is 0.4 and alpha
    /// 7); 0 gives all actors the same epsilon.
    /// </summary>
    [Option("Ape-X's alpha: actor i of N explores with epsilon^(1 + i*alpha/(N-1)); 0 for the same epsilon for all", Min = 0, Max = 100)]
    public double EpsilonAlpha { get; set; }
}
