using Krewe.Contracts;

namespace Krewe.Replay;

/// <summary>
/// Paces the callers of a shard that stands alone, as each grain of a cluster does. Every member may be called from any thread; one
/// lock guards the pacing and is held while the shard copies, waits release it.
/// </summary>
/// <param name="shard">The shard; it must be used through this class alone from now on.</param>
/// <param name="limiter">How its callers are paced; null lets everything in, and everything out once there is something.</param>
/// <exception cref="InvalidOptionException">A setting is out of range, or actors and learner could wait for each other for ever.</exception>
public sealed class PacedShard(ReplayShard shard, RateLimiterSettings? limiter) : IReplay
{
    private readonly Pacer _pacer = new(new RateLimiter(limiter));

    /// <summary>What a slot holds.</summary>
    public SegmentSpec Spec => shard.Spec;

    /// <summary>Transitions that can be sampled now. Takes no lock.</summary>
    public long Size => shard.Size;

    /// <summary>Transitions of the largest sample that the limiter was built for; no bound without a limiter.</summary>
    public int LargestSample => _pacer.LargestSample;

    /// <inheritdoc/>
    public bool UsesPriorities => shard.UsesPriorities;

    /// <summary>Calls that wait for the rate limiter.</summary>
    internal int Waiting => _pacer.Waiting;

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">
    /// The batch was made for another spec, is not whole segments, or is larger than the ring or than the limiter was built for.
    /// </exception>
    public AppendStatus Append(SegmentBatch batch, TimeSpan timeout, CancellationToken cancellationToken)
    {
        shard.Check(batch);
        lock (_pacer.SyncRoot)
        {
            AppendStatus status = _pacer.WaitToAppend(batch.StepCount, timeout, cancellationToken);
            if (status == AppendStatus.Stored)
            {
                bool stored = false;
                try
                {
                    stored = shard.TryStore(batch);
                }
                finally
                {
                    _pacer.EndAppend(batch.StepCount, stored);
                }
            }

            return status;
        }
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The batch is for another spec, or larger than the limiter was built for.</exception>
    public SampleStatus Sample(SampledBatch destination, TimeSpan timeout, CancellationToken cancellationToken)
    {
        ReplayArguments.CheckSpec(destination, Spec);
        lock (_pacer.SyncRoot)
        {
            SampleStatus status = _pacer.WaitToSample(destination.Count, timeout, cancellationToken);
            if (status == SampleStatus.Sampled)
            {
                shard.TrySample(destination, 0, destination.Count);
            }

            return status;
        }
    }

    /// <summary>
    /// Fills as many rows as the rate limiter lets out now, without waiting: for hosts that must not block a thread. Does not overtake
    /// callers that wait in <see cref="Sample"/>.
    /// </summary>
    /// <param name="destination">Receives the transitions and is resized to them; unless sampled it is left as it was.</param>
    /// <param name="minimum">The fewest transitions worth having, at least 1.</param>
    /// <param name="maximum">The most, from the minimum to the destination's capacity; never more than <see cref="LargestSample"/> are given.</param>
    /// <returns>
    /// <see cref="SampleStatus.Sampled"/>: <see cref="SampledBatch.Count"/> rows were given. <see cref="SampleStatus.RateLimited"/>: not
    /// now. <see cref="SampleStatus.Closed"/>: never again as many as the minimum.
    /// </returns>
    /// <exception cref="ArgumentException">The batch is for another spec, or a bound out of range.</exception>
    public SampleStatus SampleUpTo(SampledBatch destination, int minimum, int maximum)
    {
        ReplayArguments.CheckSpec(destination, Spec);
        ArgumentOutOfRangeException.ThrowIfLessThan(minimum, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(maximum, minimum);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(maximum, destination.Capacity);
        lock (_pacer.SyncRoot)
        {
            SampleStatus status = _pacer.TrySampleUpTo(minimum, maximum, out int count);
            if (status == SampleStatus.Sampled)
            {
                destination.Resize(count);
                shard.TrySample(destination, 0, count);
            }

            return status;
        }
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">Lengths differ, a shard is not this one, or a priority is negative or not finite.</exception>
    public void UpdatePriorities(ReadOnlySpan<int> shards, ReadOnlySpan<long> positions, ReadOnlySpan<float> priorities)
    {
        ReplayArguments.CheckPriorities(shards, positions, priorities, firstShard: shard.Index, lastShard: shard.Index);
        shard.UpdatePriorities(positions, priorities);
    }

    /// <inheritdoc/>
    public ReplayStatistics GetStatistics()
    {
        lock (_pacer.SyncRoot)
        {
            return _pacer.GetStatistics(shard.Size, shard.Capacity, shard.StaleUpdates);
        }
    }

    /// <summary>No append follows: further ones return Closed, samples go on while the error buffer allows and then return Closed.</summary>
    public void CompleteAppends() => _pacer.CompleteAppends();

    /// <summary>Everything returns Closed from now on, waiting calls included.</summary>
    public void Close() => _pacer.Close();

    /// <summary>
    /// Saves the content, the counters and the selector's random state to one file, which appears whole or not at all. Appends and
    /// samples wait until the file is on the disk.
    /// </summary>
    /// <param name="path">The file's name; a file of that name is replaced.</param>
    /// <exception cref="IOException">The file could not be written; one that was there before is still there.</exception>
    public void Save(string path)
    {
        lock (_pacer.SyncRoot)
        {
            shard.Save(path, _pacer.State);
        }
    }

    /// <summary>Replaces the content, the counters and the selector's random state by those of a file.</summary>
    /// <param name="path">The file's name.</param>
    /// <exception cref="InvalidDataFormatException">The file is torn, damaged, or holds another spec. The shard is as it was.</exception>
    /// <exception cref="IOException">
    /// The file could not be read. If that happened after it had been checked from end to end, the shard is empty.
    /// </exception>
    public void Load(string path)
    {
        lock (_pacer.SyncRoot)
        {
            try
            {
                _pacer.State = shard.Load(path);
            }
            finally
            {
                if (shard.Size == 0)
                {
                    _pacer.Restart();
                }
            }
        }
    }
}
