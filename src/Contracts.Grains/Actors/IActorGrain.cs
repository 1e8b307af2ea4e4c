using Orleans.Concurrency;

namespace Krewe.Contracts.Grains;

/// <summary>
/// An actor: a vector of environments, stepped epsilon-greedily for a bounded time per grain turn. Its key is the actor's number with the
/// run's id.
/// </summary>
[Alias("krewe.IActorGrain")]
public interface IActorGrain : IGrainWithIntegerCompoundKey
{
    /// <summary>Starts the actor; does nothing if it is running.</summary>
    /// <param name="actorCount">Number of actors of the run, which determines the actor's epsilon.</param>
    /// <exception cref="KreweException">The environment cannot be created on this silo, or differs from the run's.</exception>
    [Alias("Start"), AlwaysInterleave]
    Task Start(int actorCount);

    /// <summary>Releases the actor: it sends its collected batches and deactivates, so that it can start on another silo.</summary>
    [Alias("Release"), AlwaysInterleave]
    Task Release();

    /// <summary>Runs one rollout of a run in lock step.</summary>
    /// <param name="start">Number of the first environment step.</param>
    /// <param name="end">One past the last that may be taken.</param>
    /// <param name="random">State of the exploration stream for an actor that has just been activated.</param>
    [Alias("Collect")]
    Task<ActorRollout> Collect(long start, long end, Pcg64State random);
}

/// <summary>The result of one rollout of a run in lock step.</summary>
[GenerateSerializer, Alias("krewe.ActorWindow")]
public sealed class ActorRollout
{
    /// <summary>The segments.</summary>
    [Id(0)]
    public required SegmentBatch Batch { get; init; }

    /// <summary>Returns of the most recent episodes that ended, at most 100.</summary>
    [Id(1)]
    public required double[] Returns { get; init; }

    /// <summary>Lengths of those episodes in steps.</summary>
    [Id(2)]
    public required int[] Lengths { get; init; }

    /// <summary>Episodes ended.</summary>
    [Id(3)]
    public required long Episodes { get; init; }

    /// <summary>State of the exploration stream at the end of the rollout, for a checkpoint.</summary>
    [Id(4)]
    public required Pcg64State RandomState { get; init; }

    /// <summary>Epsilon at the end of the rollout.</summary>
    [Id(5)]
    public required double Epsilon { get; init; }
}
