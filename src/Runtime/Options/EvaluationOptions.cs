using Krewe.Contracts;

namespace Krewe.Runtime;

/// <summary>Evaluation: the current policy, played in separate environments with separate seeds.</summary>
public sealed class EvaluationOptions
{
    /// <summary>Environment steps between two evaluations.</summary>
    [Option("environment steps between two evaluations", Min = 1)]
    public long Interval { get; set; } = 5_000;

    /// <summary>Episodes of an evaluation during training.</summary>
    [Option("episodes of an evaluation during training", Min = 1, Max = 100_000)]
    public int Episodes { get; set; } = 20;

    /// <summary>
    /// Steps after which an evaluation episode is truncated and counted with its return so far. Without a time limit, a greedy policy may
    /// never terminate.
    /// </summary>
    [Option("steps after which an episode of an evaluation is truncated", Min = 1, Max = 1_000_000_000)]
    public int MaxEpisodeSteps { get; set; } = 10_000;

    /// <summary>Probability of a random action during evaluation; 0 is greedy.</summary>
    [Option("probability of a random action during evaluation", Min = 0, Max = 1)]
    public double Epsilon { get; set; }

    /// <summary>
    /// Episodes of a second evaluation, which decides whether a network is the best and whether the environment is solved (at least
    /// <see cref="Episodes"/>), and of the evaluation of the best and the last network at the end.
    /// </summary>
    [Option("episodes that decide whether a network is the best and whether it solves the environment, and of the evaluations at the end", Min = 1, Max = 100_000)]
    public int FinalEpisodes { get; set; } = 100;
}
