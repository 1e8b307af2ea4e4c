using Orleans.Concurrency;

namespace Krewe.Contracts.Grains;

/// <summary>
/// One shard of a run's replay; its key is the shard's number with the run's id. Callers that must wait for the rate limiter wait in a
/// bounded queue without holding a thread, for at most <see cref="MaxWaitSeconds"/>.
/// </summary>
[Alias("krewe.IReplayShardGrain")]
public interface IReplayShardGrain : IGrainWithIntegerCompoundKey
{
    /// <summary>The longest that a call waits for the rate limiter before it returns, in seconds.</summary>
    const double MaxWaitSeconds = 5;

    /// <summary>Activates the shard.</summary>
    [Alias("GetStatus"), AlwaysInterleave]
    Task<ShardStatus> GetStatus();

    /// <summary>Stores a batch; <see cref="AppendStatus.Stored"/> is the acknowledgement. A repeated batch is stored once.</summary>
    /// <param name="batch">The batch; the caller may reuse it once the call has completed.</param>
    /// <exception cref="InvalidDataFormatException">The batch does not match the run's spec, or is not whole segments of finite values.</exception>
    [Alias("Append"), AlwaysInterleave]
    Task<AppendReply> Append([Immutable] SegmentBatch batch);

    /// <summary>Samples as many transitions as the rate limiter allows.</summary>
    /// <param name="minimum">The smallest useful number, at least 1.</param>
    /// <param name="maximum">The most.</param>
    [Alias("Sample"), AlwaysInterleave]
    Task<SampleReply> Sample(int minimum, int maximum);

    /// <summary>Updates priorities as <see cref="UpdatePriorities"/>, and then samples as <see cref="Sample"/>: one call instead of two.</summary>
    /// <param name="positions">Positions, [n].</param>
    /// <param name="priorities">Priorities, [n], finite and not negative.</param>
    /// <param name="minimum">The smallest useful number, at least 1.</param>
    /// <param name="maximum">The most.</param>
    [Alias("UpdateAndSample"), AlwaysInterleave]
    Task<SampleReply> UpdateAndSample([Immutable] long[] positions, [Immutable] float[] priorities, int minimum, int maximum);

    /// <summary>
    /// Takes the oldest rollout of a run that is fed rollouts. It is kept, and returned again, until a later call acknowledges it, so that
    /// none is lost with an answer.
    /// </summary>
    /// <param name="epoch">The learner's epoch; a learner that was superseded gets <see cref="SampleStatus.Closed"/>.</param>
    /// <param name="after">Acknowledges the rollouts up to this number; 0 before the first.</param>
    /// <param name="seconds">The longest wait in seconds, at most <see cref="MaxWaitSeconds"/>.</param>
    [Alias("TakeRollout"), AlwaysInterleave]
    Task<RolloutReply> TakeRollout(long epoch, long after, double seconds);

    /// <summary>Updates the priorities of samples; those whose slot has been overwritten are dropped.</summary>
    /// <param name="positions">Positions, [n].</param>
    /// <param name="priorities">Priorities, [n], finite and not negative.</param>
    /// <returns>The shard's priority mass.</returns>
    [Alias("UpdatePriorities"), AlwaysInterleave]
    Task<double> UpdatePriorities(long[] positions, float[] priorities);

    /// <summary>
    /// Called when the actors are done: sampling continues while the rate limiter allows it, then returns <see cref="SampleStatus.Closed"/>.
    /// </summary>
    [Alias("CompleteAppends"), AlwaysInterleave]
    Task CompleteAppends();

    /// <summary>Writes a snapshot into the run's folder.</summary>
    [Alias("Save"), AlwaysInterleave]
    Task Save();

    /// <summary>Called when the run has ended: the shard frees its memory and deactivates.</summary>
    [Alias("Close"), AlwaysInterleave]
    Task Close();
}

/// <summary>The result of an append.</summary>
/// <param name="Status">Stored, rate-limited (to be retried), or rejected because the run has ended.</param>
/// <param name="Size">Transitions that the shard holds.</param>
/// <param name="Mass">Their priority mass.</param>
[GenerateSerializer, Immutable, Alias("krewe.AppendReply")]
public readonly record struct AppendReply(
    [property: Id(0)] AppendStatus Status, [property: Id(1)] long Size, [property: Id(2)] double Mass);

/// <summary>Transitions of one shard, and the shard's state.</summary>
[GenerateSerializer, Immutable, Alias("krewe.SampleReply")]
public sealed class SampleReply
{
    /// <summary>Whether there are transitions, and why not.</summary>
    [Id(0)]
    public required SampleStatus Status { get; init; }

    /// <summary>The transitions; null when there are none.</summary>
    [Id(1)]
    public SampledBatch? Batch { get; init; }

    /// <summary>The shard's state.</summary>
    [Id(2)]
    public required ShardStatus Shard { get; init; }
}

/// <summary>A rollout of one shard, and the shard's state.</summary>
[GenerateSerializer, Immutable, Alias("krewe.RolloutReply")]
public sealed class RolloutReply
{
    /// <summary>Whether there is a rollout, and why not.</summary>
    [Id(0)]
    public required SampleStatus Status { get; init; }

    /// <summary>The rollout's number, above those of all earlier ones; 0 when there is none.</summary>
    [Id(1)]
    public long Number { get; init; }

    /// <summary>The rollout; null when there is none.</summary>
    [Id(2)]
    public SegmentBatch? Batch { get; init; }

    /// <summary>The shard's state.</summary>
    [Id(3)]
    public required ShardStatus Shard { get; init; }
}

/// <summary>The state of a shard.</summary>
/// <param name="Incarnation">Identifies the activation: a shard that was lost and reactivated counts from 0 again.</param>
/// <param name="InsertedHere">Transitions stored by this activation.</param>
/// <param name="Statistics">The shard's counters.</param>
[GenerateSerializer, Immutable, Alias("krewe.ShardStatus")]
public sealed record ShardStatus(
    [property: Id(0)] long Incarnation, [property: Id(1)] long InsertedHere, [property: Id(2)] ReplayStatistics Statistics);
