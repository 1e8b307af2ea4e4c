namespace Krewe.Contracts;

/// <summary>
/// The replay buffer as seen by actors and learners: one shard, or many behind one interface. All members are thread-safe.
/// </summary>
public interface IReplay : IExperience
{
    /// <summary>
    /// Whether priorities affect sampling. If not, the caller can omit priority updates; on a cluster this saves messages.
    /// </summary>
    bool UsesPriorities { get; }

    /// <summary>Fills a mini-batch, waiting until the rate limiter admits it.</summary>
    /// <param name="destination">Receives all <see cref="SampledBatch.Count"/> transitions, or none.</param>
    /// <param name="timeout">The maximum time to wait; zero does not wait.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
    SampleStatus Sample(SampledBatch destination, TimeSpan timeout, CancellationToken cancellationToken);

    /// <summary>Updates the priorities of samples. Updates for slots that have been overwritten are dropped.</summary>
    /// <param name="shards">Shard of each sample, [n], from <see cref="SampledBatch.Shards"/>.</param>
    /// <param name="positions">Position of each sample, [n], from <see cref="SampledBatch.Positions"/>.</param>
    /// <param name="priorities">The new priorities, [n], not negative.</param>
    void UpdatePriorities(ReadOnlySpan<int> shards, ReadOnlySpan<long> positions, ReadOnlySpan<float> priorities);
}

/// <summary>The outcome of an append.</summary>
public enum AppendStatus
{
    /// <summary>The batch was stored; this is the acknowledgement.</summary>
    Stored,

    /// <summary>The timeout expired before the rate limiter admitted the batch: the learner is behind.</summary>
    RateLimited,

    /// <summary>Replay is closed and accepts no more batches.</summary>
    Closed,
}

/// <summary>The outcome of a request for samples.</summary>
public enum SampleStatus
{
    /// <summary>The batch was filled.</summary>
    Sampled,

    /// <summary>
    /// The timeout expired before the rate limiter admitted the sample: too little is stored, or the learner is ahead of the actors.
    /// </summary>
    RateLimited,

    /// <summary>Replay is closed, and the error buffer allows no more samples.</summary>
    Closed,
}

/// <summary>Counters of a replay. They count from the start of the run and continue when it is resumed.</summary>
/// <param name="Size">Number of transitions that can be sampled now.</param>
/// <param name="Capacity">Total number of slots.</param>
/// <param name="Inserted">Number of transitions stored so far.</param>
/// <param name="Sampled">Number of transitions sampled so far.</param>
/// <param name="StaleUpdates">Number of priority updates dropped because their slot had been overwritten, or their shard could not take them.</param>
/// <param name="AppendWait">Total time that appends waited for the rate limiter.</param>
/// <param name="SampleWait">Total time that samples waited for the rate limiter.</param>
/// <param name="Shards">Total number of shards.</param>
/// <param name="ShardsLost">Number of lost shards.</param>
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
