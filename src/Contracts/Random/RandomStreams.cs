
namespace Krewe.Contracts;

/// <summary>
/// The run's random streams: every component gets its own from the run's seed, so that adding one does not change the others.
/// The values are part of what a seed means: they never change.
/// </summary>
public enum RandomStream : uint
{
    /// <summary>Initial parameters of the network.</summary>
    Network = 1,

    /// <summary>Sampling from replay; index: shard.</summary>
    Replay = 2,

    /// <summary>Exploration, and the seeds of the environments that it explores; index: actor.</summary>
    Exploration = 3,

    /// <summary>Evaluation during training.</summary>
    Evaluation = 5,

    /// <summary>The evaluation at the end.</summary>
    FinalEvaluation = 6,
}

/// <summary>Makes the streams.</summary>
public static class RandomStreams
{
    /// <summary>Opens a component's stream.</summary>
    /// <param name="seed">The run's seed.</param>
    /// <param name="stream">The component.</param>
    /// <param name="index">Which of its kind.</param>
    public static Pcg64 Create(long seed, RandomStream stream, int index = 0) => new((ulong)seed, (uint)stream, (uint)index);

    /// <summary>A seed for something that takes one number, such as an environment.</summary>
    /// <param name="seed">The run's seed.</param>
    /// <param name="stream">The component.</param>
    /// <param name="index">Which of its kind.</param>
    /// <returns>A number below 2^63, so that adding an instance's index cannot wrap.</returns>
    public static ulong DeriveSeed(long seed, RandomStream stream, int index = 0) => Create(seed, stream, index).NextUInt64() >> 1;
}
