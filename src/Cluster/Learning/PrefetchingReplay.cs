using Krewe.Contracts;
using Krewe.Contracts.Grains;
using Krewe.Replay;
using Krewe.Runtime;
using Microsoft.Extensions.Logging;

namespace Krewe.Cluster;

/// <summary>
/// Replay as seen by the learner's thread on a cluster: chunks of samples are fetched from all shards in parallel, ahead of use, so that a
/// mini-batch is a copy of rows that have already arrived. One lock, the gate, guards the rows; it is held for one
/// copy.
/// </summary>
/// <remarks>
/// A mini-batch takes rows from each shard in proportion to the rows buffered from it. In the long run that is in proportion to what the
/// shard has received, because each shard keeps the samples per insert by itself; the masses of the shards do not matter. The probability in
/// the batch is the one with which the sample was drawn: the probability in its shard times the shard's share of the rows. An unreachable
/// shard is left out until it answers.
/// </remarks>
internal sealed class PrefetchingReplay : IReplay, IAsyncDisposable
{
    private readonly object _gate = new();
    private readonly ShardFetcher[] _shards;
    private readonly double[] _ready;
    private readonly int[] _counts;
    private readonly PrefetchDepth _depth = new();
    private readonly TimeProvider _time;
    private readonly Pcg64 _random;
    private readonly CancellationTokenSource _ended = new();
    private long _waitedTicks;

    /// <summary>Starts fetching.</summary>
    /// <param name="plan">The run.</param>
    /// <param name="shards">Its shards.</param>
    /// <param name="counters">
    /// Counts the environment steps that shards have stored. If it starts at zero, all of them are counted; otherwise those that a shard has
    /// already stored when it is first reached belong to the previous learner.
    /// </param>
    /// <param name="logger">Logs shards that become unreachable and return.</param>
    /// <param name="time">The clock that measures the learner's waits; the system's unless given.</param>
    /// <param name="stepsAtStart">Environment steps of the checkpoint that the run was resumed from.</param>
    public PrefetchingReplay(
        RunPlan plan, IReadOnlyList<IReplayShardGrain> shards, RunCounters counters, ILogger logger, TimeProvider? time = null, long stepsAtStart = 0)
    {
        _time = time ?? TimeProvider.System;
        _random = RandomStreams.Create(plan.Options.Run.Seed, RandomStream.Replay);
        UsesPriorities = plan.Selector.UsesPriorities;
        _ready = new double[shards.Count];
        _counts = new int[shards.Count];
        bool isFirstLearner = counters.EnvironmentSteps <= stepsAtStart;
        _shards = [.. shards.Select((shard, index) => new ShardFetcher(index, shard, plan, _gate, _depth, _time, counters, isFirstLearner, logger, _ended.Token))];
        foreach (ShardFetcher shard in _shards)
        {
            shard.Start();
        }
    }

    /// <inheritdoc/>
    public bool UsesPriorities { get; }

    /// <summary>Shards that answered the last request.</summary>
    public int ShardsRunning
    {
        get
        {
            lock (_gate)
            {
                return _shards.Count(shard => shard.IsReachable);
            }
        }
    }

    /// <summary>Total time that the learner has waited here.</summary>
    public TimeSpan Waited => new(Volatile.Read(ref _waitedTicks));

    /// <inheritdoc/>
    public AppendStatus Append(SegmentBatch batch, TimeSpan timeout, CancellationToken cancellationToken) =>
        throw new NotSupportedException("actors send to the shards, not through the learner");

    /// <inheritdoc/>
    public SampleStatus Sample(SampledBatch destination, TimeSpan timeout, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            long total = CountReady();
            if (total < destination.Count)
            {
                total = WaitFor(destination.Count, timeout, cancellationToken);
                if (total < destination.Count)
                {
                    return _shards.All(shard => shard.IsClosed) ? SampleStatus.Closed : SampleStatus.RateLimited;
                }
            }

            Take(destination, total);
            return SampleStatus.Sampled;
        }
    }

    /// <inheritdoc/>
    public void UpdatePriorities(ReadOnlySpan<int> shards, ReadOnlySpan<long> positions, ReadOnlySpan<float> priorities)
    {
        int end;
        for (int start = 0; start < shards.Length; start = end)
        {
            int shard = shards[start];
            int length = shards[start..].IndexOfAnyExcept(shard);
            end = length < 0 ? shards.Length : start + length;
            _shards[shard].UpdatePriorities(positions[start..end], priorities[start..end]);
        }
    }

    /// <inheritdoc/>
    public ReplayStatistics GetStatistics()
    {
        lock (_gate)
        {
            long size = 0, capacity = 0, inserted = 0, sampled = 0, stale = 0;
            TimeSpan appendWait = default;
            foreach (ShardFetcher shard in _shards)
            {
                ReplayStatistics part = shard.Statistics;
                size += part.Size;
                capacity += part.Capacity;
                inserted += part.Inserted;
                sampled += part.Sampled;
                stale += part.StaleUpdates + shard.DroppedUpdates;
                appendWait += part.AppendWait;
            }

            return new ReplayStatistics(
                size, capacity, inserted, sampled, stale, appendWait, Waited, _shards.Length, _shards.Count(shard => !shard.IsReachable));
        }
    }

    /// <summary>Called when the actors are done: the shards return the remaining samples.</summary>
    public Task CompleteAppends() => Task.WhenAll(_shards.Select(shard => shard.CompleteAppends()));

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        lock (_gate)
        {
            Monitor.PulseAll(_gate);
        }

        await Task.WhenAll(_shards.Select(shard => shard.Fetching)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (ShardFetcher shard in _shards)
        {
            shard.Dispose();
        }

        _ended.Dispose();
    }

    private long CountReady()
    {
        long total = 0;
        for (int j = 0; j < _shards.Length; j++)
        {
            _ready[j] = _shards[j].Rows;
            total += _shards[j].Rows;
        }

        return total;
    }

    private long WaitFor(int rows, TimeSpan timeout, CancellationToken cancellationToken)
    {
        long began = _time.GetTimestamp();
        CancellationTokenRegistration registration = cancellationToken.UnsafeRegister(Wake, _gate);
        foreach (ShardFetcher shard in _shards)
        {
            shard.LearnerWaits = true;
        }

        try
        {
            long total = CountReady();
            while (total < rows && !_shards.All(shard => shard.IsClosed))
            {
                cancellationToken.ThrowIfCancellationRequested();
                foreach (ShardFetcher shard in _shards)
                {
                    shard.EnsureRequest();
                }

                TimeSpan left = timeout - _time.GetElapsedTime(began);
                if (left <= TimeSpan.Zero || !Monitor.Wait(_gate, left))
                {
                    break;
                }

                total = CountReady();
            }
        }
        finally
        {
            // Not disposed: disposing waits for a running callback, which waits for the gate, which is held here.
            registration.Unregister();
        }

        TimeSpan waited = _time.GetElapsedTime(began);
        _waitedTicks += waited.Ticks;
        if (_shards.Any(shard => shard.GivesAll))
        {
            // Time spent waiting for the transfer from a shard, not for actors.
            _depth.Waited(waited);
        }

        return CountReady();
    }

    private static void Wake(object? gate)
    {
        lock (gate!)
        {
            Monitor.PulseAll(gate);
        }
    }

    private void Take(SampledBatch destination, long total)
    {
        // One shard needs no offset.
        long offset = _shards.Length == 1 ? 0 : _random.NextLong(total);
        ShardAllotment.Divide(destination.Count, _ready, total, offset, _counts);
        long size = 0;
        int start = 0;
        for (int j = 0; j < _shards.Length; j++)
        {
            size += _shards[j].Statistics.Size;
            if (_counts[j] > 0)
            {
                double share = _ready[j] / total;
                _shards[j].Take(destination, start, _counts[j], share);
                start += _counts[j];
            }
        }

        destination.TableSize = size;
    }
}
