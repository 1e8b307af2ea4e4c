namespace Krewe.Contracts;

/// <summary>
/// The random streams of a run. Each component derives its own stream from the run's seed, so that adding a component does not change the
/// others. The values determine what a seed produces and never change.
/// </summary>
public enum RandomStream : uint
{
    /// <summary>Initial parameters of the network.</summary>
    Network = 1,

    /// <summary>The choice of shards to sample from.</summary>
    Replay = 2,

    /// <summary>Exploration, and the seeds of the actor's environments; index: actor.</summary>
    Exploration = 3,

    /// <summary>Sampling from a shard; index: shard.</summary>
    Shard = 4,

    /// <summary>Evaluation during training; index: environment steps plus updates.</summary>
    Evaluation = 5,

    /// <summary>The final evaluation.</summary>
    FinalEvaluation = 6,

    /// <summary>Random numbers of a learner, such as noise or the order of a rollout's steps; index: a count of its own, for example of updates.</summary>
    Learner = 7,

    /// <summary>The second evaluation of a network whose first was above the best; index: environment steps plus updates.</summary>
    Confirmation = 8,

    /// <summary>The episodes of <c>krewe evaluate</c>.</summary>
    Test = 9,
}

/// <summary>Creates random streams.</summary>
public static class RandomStreams
{
    /// <summary>Creates the stream of a component.</summary>
    /// <param name="seed">The run's seed.</param>
    /// <param name="stream">The component.</param>
    /// <param name="index">The index among the components of this kind.</param>
    public static Pcg64 Create(long seed, RandomStream stream, int index = 0) => new((ulong)seed, (uint)stream, (uint)index);

    /// <summary>Derives a seed for a component that takes a single number, such as an environment.</summary>
    /// <param name="seed">The run's seed.</param>
    /// <param name="stream">The component.</param>
    /// <param name="index">The index among the components of this kind.</param>
    /// <returns>A number below 2^63, so that adding an instance's index cannot wrap.</returns>
    public static ulong DeriveSeed(long seed, RandomStream stream, int index = 0) => Create(seed, stream, index).NextUInt64() >> 1;
}
