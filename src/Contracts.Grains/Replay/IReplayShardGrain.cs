using Orleans.Concurrency;

namespace Krewe.Contracts.Grains;

/// <summary>
/// One shard of a run's replay; its key is the shard's number with the run's id. Who has to wait for the rate limiter waits in a
/// bounded line without holding a thread, for at most <see cref="MaxWaitSeconds"/>.
/// </summary>
[Alias("krewe.IReplayShardGrain")]
public interface IReplayShardGrain : IGrainWithIntegerCompoundKey
{
    /// <summary>The longest that a call waits for the rate limiter before it is answered all the same, in seconds.</summary>
    const double MaxWaitSeconds = 5;

    /// <summary>Sees to it that the shard is there.</summary>
    [Alias("GetStatus"), AlwaysInterleave]
    Task<ShardStatus> GetStatus();

    /// <summary>Stores a batch; the answer <see cref="AppendStatus.Stored"/> is the acknowledgement. A repeated batch is stored once.</summary>
    /// <param name="batch">The batch; the caller may use it again when it has the answer.</param>
    /// <exception cref="InvalidDataFormatException">The batch does not fit the run's spec, or is not whole segments of finite values.</exception>
    [Alias("Append"), AlwaysInterleave]
    Task<AppendReply> Append([Immutable] SegmentBatch batch);

    /// <summary>Samples as many transitions as the rate limiter lets out.</summary>
    /// <param name="minimum">The fewest that are of use, at least 1.</param>
    /// <param name="maximum">The most.</param>
    [Alias("Sample"), AlwaysInterleave]
    Task<SampleReply> Sample(int minimum, int maximum);

    /// <summary>Gives samples new priorities; those whose slot has been overwritten are dropped.</summary>
    /// <param name="positions">Positions, [n].</param>
    /// <param name="priorities">Priorities, [n], finite and not negative.</param>
    [Alias("UpdatePriorities"), AlwaysInterleave, OneWay]
    Task UpdatePriorities(long[] positions, float[] priorities);

    /// <summary>Actors are done: samples go on while the band allows and are then answered <see cref="SampleStatus.Closed"/>.</summary>
    [Alias("CompleteAppends"), AlwaysInterleave]
    Task CompleteAppends();

    /// <summary>Writes a snapshot into the run's folder.</summary>
    [Alias("Save"), AlwaysInterleave]
    Task Save();

    /// <summary>The run is over: the shard frees its memory and goes.</summary>
    [Alias("Close"), AlwaysInterleave]
    Task Close();
}

/// <summary>What became of an append.</summary>
/// <param name="Status">Stored, to be tried again, or refused because the run is over.</param>
/// <param name="Size">Transitions that the shard holds.</param>
[GenerateSerializer, Immutable, Alias("krewe.AppendReply")]
public readonly record struct AppendReply([property: Id(0)] AppendStatus Status, [property: Id(1)] long Size);

/// <summary>Transitions of one shard, and where it stands.</summary>
[GenerateSerializer, Immutable, Alias("krewe.SampleReply")]
public sealed class SampleReply
{
    /// <summary>Whether there are any, and if not, why.</summary>
    [Id(0)]
    public required SampleStatus Status { get; init; }

    /// <summary>The transitions; null when there are none.</summary>
    [Id(1)]
    public SampledBatch? Batch { get; init; }

    /// <summary>Where the shard stands.</summary>
    [Id(2)]
    public required ShardStatus Shard { get; init; }
}

/// <summary>Where a shard stands.</summary>
/// <param name="Incarnation">Which activation of the shard speaks: one that was lost and came back counts from 0 again.</param>
/// <param name="InsertedHere">Transitions stored by this activation.</param>
/// <param name="Statistics">The shard's counters.</param>
[GenerateSerializer, Immutable, Alias("krewe.ShardStatus")]
public sealed record ShardStatus(
    [property: Id(0)] long Incarnation, [property: Id(1)] long InsertedHere, [property: Id(2)] ReplayStatistics Statistics);
