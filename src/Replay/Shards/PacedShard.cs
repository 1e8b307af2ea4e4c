using Krewe.Contracts;

namespace Krewe.Replay;

/// <summary>
/// A standalone shard that paces its own callers, such as a grain of a cluster. All members are thread-safe. One lock guards the pacing; it
/// is held while the shard copies and released while a call waits.
/// </summary>
/// <param name="shard">The shard, which must not be used directly from now on.</param>
/// <param name="limiter">How callers are paced; null admits every append, and every sample once something is stored.</param>
/// <exception cref="InvalidOptionException">A setting is out of range, or actors and learner could deadlock.</exception>
public sealed class PacedShard(ReplayShard shard, RateLimiterSettings? limiter) : IReplay, IExperienceStore
{
    private readonly Pacer _pacer = new(new RateLimiter(limiter));

    /// <summary>The slot format.</summary>
    public SegmentSpec Spec => shard.Spec;

    /// <summary>Number of transitions that can be sampled now. Takes no lock.</summary>
    public long Size => shard.Size;

    /// <inheritdoc cref="IReplayShard.Mass"/>
    public double Mass => shard.Mass;

    /// <summary>The largest sample, in transitions, that the limiter supports; unbounded without a limiter.</summary>
    public int LargestSample => _pacer.LargestSample;

    /// <inheritdoc/>
    public bool UsesPriorities => shard.UsesPriorities;

    /// <summary>Number of calls waiting for the rate limiter.</summary>
    internal int Waiting => _pacer.Waiting;

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">
    /// The batch is for another spec, does not consist of whole segments, or is larger than the ring or than the limiter supports.
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
    /// <exception cref="ArgumentException">The batch is for another spec, or larger than the limiter supports.</exception>
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
    /// Fills as many rows as the rate limiter admits now, without waiting, for hosts that must not block a thread. Does not overtake
    /// callers that wait in <see cref="Sample"/>.
    /// </summary>
    /// <param name="destination">Receives the transitions and is resized to their number; unchanged unless sampled.</param>
    /// <param name="minimum">The minimum number of transitions, at least 1.</param>
    /// <param name="maximum">
    /// The maximum number of transitions, from <paramref name="minimum"/> to the destination's capacity. Never more than
    /// <see cref="LargestSample"/> are returned.
    /// </param>
    /// <returns>
    /// <see cref="SampleStatus.Sampled"/> if <see cref="SampledBatch.Count"/> rows were filled, <see cref="SampleStatus.RateLimited"/> if
    /// fewer than the minimum are admitted now, <see cref="SampleStatus.Closed"/> if the minimum will never be admitted again.
    /// </returns>
    /// <exception cref="ArgumentException">The batch is for another spec, or a bound is out of range.</exception>
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
    /// <exception cref="ArgumentException">
    /// The lengths differ, a shard is not this one, or a priority is negative or not finite.
    /// </exception>
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

    /// <summary>
    /// Declares that no appends follow: further appends return Closed; samples are admitted while the error buffer allows, then return
    /// Closed.
    /// </summary>
    public void CompleteAppends() => _pacer.CompleteAppends();

    /// <summary>Closes the shard: all calls return Closed from now on, including those that are waiting.</summary>
    public void Close() => _pacer.Close();

    /// <summary>
    /// Saves the content, the counters, the priorities and the selector's random state to one file, which is replaced atomically. Appends
    /// and samples wait until the file is on disk.
    /// </summary>
    /// <param name="path">The path of the file; an existing file is replaced.</param>
    /// <exception cref="IOException">The file could not be written; an existing file is unchanged.</exception>
    public void Save(string path)
    {
        lock (_pacer.SyncRoot)
        {
            shard.Save(path, _pacer.State);
        }
    }

    /// <summary>Replaces the content, the counters, the priorities and the selector's random state with those of a file.</summary>
    /// <param name="path">The path of the file.</param>
    /// <exception cref="InvalidDataFormatException">
    /// The file is truncated, damaged, or holds another spec. The shard is unchanged.
    /// </exception>
    /// <exception cref="IOException">
    /// The file could not be read. If this happens after the whole file was checked, the shard is empty.
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
