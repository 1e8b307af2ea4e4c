

namespace Krewe.Contracts;

/// <summary>
/// Replay as actors and learners see it: one shard, or many behind one front. Every member may be called from any thread.
/// </summary>
public interface IReplay
{
    /// <summary>Whether priorities change what is sampled; if not, sending them is wasted work (and on a cluster, wasted messages).</summary>
    bool UsesPriorities { get; }

    /// <summary>
    /// Stores a batch of segments, waiting until the rate limiter lets it in. When it returns <see cref="AppendStatus.Stored"/> the
    /// batch has been copied and the caller may reuse it; otherwise nothing was stored.
    /// </summary>
    /// <param name="batch">The batch.</param>
    /// <param name="timeout">How long to wait at most; zero only tries.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
    AppendStatus Append(SegmentBatch batch, TimeSpan timeout, CancellationToken cancellationToken);

    /// <summary>Fills a mini-batch, waiting until the rate limiter lets it out.</summary>
    /// <param name="destination">Receives the transitions, all <see cref="SampledBatch.Count"/> of them or none.</param>
    /// <param name="timeout">How long to wait at most; zero only tries.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
    SampleStatus Sample(SampledBatch destination, TimeSpan timeout, CancellationToken cancellationToken);

    /// <summary>Gives samples new priorities; those whose slot has been overwritten are dropped.</summary>
    /// <param name="shards">Shard of each sample, [n], from <see cref="SampledBatch.Shards"/>.</param>
    /// <param name="positions">Position of each sample, [n], from <see cref="SampledBatch.Positions"/>.</param>
    /// <param name="priorities">The new priorities, [n], not negative.</param>
    void UpdatePriorities(ReadOnlySpan<int> shards, ReadOnlySpan<long> positions, ReadOnlySpan<float> priorities);

    /// <summary>What is stored and what has gone through.</summary>
    ReplayStatistics GetStatistics();
}

/// <summary>What became of an append.</summary>
public enum AppendStatus
{
    /// <summary>Stored; this is the acknowledgement.</summary>
    Stored,

    /// <summary>The rate limiter did not let it in within the time: the learner is behind.</summary>
    RateLimited,

    /// <summary>Replay is closed; it will take nothing any more.</summary>
    Closed,
}

/// <summary>What became of a request for samples.</summary>
public enum SampleStatus
{
    /// <summary>The batch was filled.</summary>
    Sampled,

    /// <summary>The rate limiter gave none within the time: too little is stored, or the learner is ahead of the actors.</summary>
    RateLimited,

    /// <summary>Replay is closed and has no sample left to give within the error buffer.</summary>
    Closed,
}

/// <summary>Counters of a replay. All count from the start of the run, those of a resumed run included.</summary>
/// <param name="Size">Transitions that can be sampled now.</param>
/// <param name="Capacity">Slots in all.</param>
/// <param name="Inserted">Transitions stored so far.</param>
/// <param name="Sampled">Transitions sampled so far.</param>
/// <param name="StaleUpdates">Priority updates dropped because their slot had been overwritten.</param>
/// <param name="AppendWait">Time that appends have waited for the rate limiter, summed.</param>
/// <param name="SampleWait">Time that sampling has waited for the rate limiter, summed.</param>
/// <param name="Shards">Shards in all.</param>
/// <param name="ShardsLost">Lost shards.</param>
public readonly record struct ReplayStatistics(
    long Size,
    long Capacity,
    long Inserted,
    long Sampled,
    long StaleUpdates,
    TimeSpan AppendWait,
    TimeSpan SampleWait,
    int Shards,
    int ShardsLost);
