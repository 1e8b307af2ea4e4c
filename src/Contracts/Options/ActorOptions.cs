
namespace Krewe.Contracts;

/// <summary>The actors: how many, how they explore, how much they send at once.</summary>
public sealed class ActorOptions
{
    /// <summary>Actors; in one process each has a thread.</summary>
    [Option("actors; in one process each has a thread", Min = 1, Max = 4096)]
    public int Count { get; set; } = 1;

    /// <summary>Environments that each actor steps together.</summary>
    [Option("environments that each actor steps together", Min = 1, Max = 65536)]
    public int Environments { get; set; } = 16;

    /// <summary>Steps of a full segment; actors send segments and take a new policy at this interval.</summary>
    [Option("steps of a full segment, after which an actor takes a new policy", Min = 1, Max = 65536)]
    public int SegmentLength { get; set; } = 16;

    /// <summary>Probability of a uniformly random action, by environment steps.</summary>
    [Option("probability of a random action")]
    public Schedule Epsilon { get; set; } = Schedule.Linear(1.0, 0.05, 10_000);

    /// <summary>
    /// Ape-X's alpha: actor i of N explores with epsilon^(1 + i * alpha / (N - 1)) (Horgan et al. 2018, where epsilon is 0.4 and alpha
    /// 7); 0 gives every actor the same epsilon.
    /// </summary>
    [Option("Ape-X's alpha: actor i of N explores with epsilon^(1 + i*alpha/(N-1)); 0 for the same epsilon everywhere", Min = 0, Max = 100)]
    public double EpsilonAlpha { get; set; }
}
