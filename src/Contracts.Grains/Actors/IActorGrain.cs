using Orleans.Concurrency;

namespace Krewe.Contracts.Grains;

/// <summary>
/// An actor: a vector of environments, stepped epsilon-greedily a bounded quantum at a turn. Its key is the actor's number with the
/// run's id.
/// </summary>
[Alias("krewe.IActorGrain")]
public interface IActorGrain : IGrainWithIntegerCompoundKey
{
    /// <summary>Sees to it that the actor acts; does nothing when it does.</summary>
    /// <param name="actorCount">How many actors the run has: what the actor's epsilon follows from.</param>
    /// <exception cref="KreweException">The environment cannot be made here, or is another than the run's.</exception>
    [Alias("Start"), AlwaysInterleave]
    Task Start(int actorCount);

    /// <summary>Lets the actor finish what it has collected and go, so that it can come back elsewhere.</summary>
    [Alias("Release"), AlwaysInterleave]
    Task Release();

    /// <summary>One window of a run in lock step.</summary>
    /// <param name="start">Number of the first environment step.</param>
    /// <param name="end">One past the last that may be taken.</param>
    [Alias("Collect")]
    Task<ActorWindow> Collect(long start, long end);
}

/// <summary>What an actor did in one window of a run in lock step.</summary>
[GenerateSerializer, Alias("krewe.ActorWindow")]
public sealed class ActorWindow
{
    /// <summary>The segments.</summary>
    [Id(0)]
    public required SegmentBatch Batch { get; init; }

    /// <summary>Returns of the newest of the episodes that ended, at most 100.</summary>
    [Id(1)]
    public required double[] Returns { get; init; }

    /// <summary>Their lengths in steps.</summary>
    [Id(2)]
    public required int[] Lengths { get; init; }

    /// <summary>Episodes ended.</summary>
    [Id(3)]
    public required long Episodes { get; init; }

    /// <summary>State of the exploration stream at the end of the window, for a checkpoint.</summary>
    [Id(4)]
    public required Pcg64State RandomState { get; init; }

    /// <summary>Epsilon at its end.</summary>
    [Id(5)]
    public required double Epsilon { get; init; }
}
