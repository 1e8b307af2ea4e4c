using System.Diagnostics;
using Krewe.Cluster.Shards;
using Krewe.Contracts.Experience;
using Krewe.Contracts.Grains;
using Krewe.Contracts.Grains.Serialization;
using Krewe.Contracts.Random;
using Krewe.Contracts.Replay;
using Krewe.Contracts.Runs;
using Krewe.Hosting;
using Krewe.Replay;
using Microsoft.Extensions.Logging;

namespace Krewe.Cluster.Learning;

/// <summary>
/// Replay as the learner's thread sees it on a cluster: chunks of samples are fetched from all shards in parallel, two ahead of what is
/// being used, so that a mini-batch is a copy of rows that are here already. One lock, the gate, guards the rows; it is held for one
/// copy.
/// </summary>
/// <remarks>
/// A mini-batch takes from each shard in proportion to the rows that are here of it. In the long run that is in proportion to what the
/// shard was sent, because each shard holds the samples per insert by itself. A shard that does not answer is left out until it does.
/// </remarks>
internal sealed partial class PrefetchingReplay : IReplay, IAsyncDisposable
{
    private readonly object _gate = new();
    private readonly ShardFetcher[] _shards;
    private readonly long[] _ready;
    private readonly int[] _counts;
    private readonly Pcg64 _random;
    private readonly RunCounters _counters;
    private readonly CancellationTokenSource _ended = new();
    private readonly int _leastRows;
    private readonly int _shardRows;
    private long _sampled;
    private long _waitedTicks;

    /// <summary>Starts fetching.</summary>
    /// <param name="plan">The run.</param>
    /// <param name="shards">Its shards.</param>
    /// <param name="counters">Where the environment steps that shards have stored are counted.</param>
    /// <param name="logger">For shards that come and go.</param>
    public PrefetchingReplay(RunPlan plan, IReadOnlyList<IReplayShardGrain> shards, RunCounters counters, ILogger logger)
    {
        _counters = counters;
        _leastRows = ShardPlan.LeastRows(plan);
        _shardRows = ShardPlan.ShardRows(plan);
        _random = RandomStreams.Create(plan.Options.Run.Seed, RandomStream.Replay);
        _ready = new long[shards.Count];
        _counts = new int[shards.Count];
        _shards = [.. shards.Select((shard, index) => new ShardFetcher(index, shard, this, logger))];
        foreach (ShardFetcher shard in _shards)
        {
            shard.Start();
        }
    }

    /// <inheritdoc/>
    public bool UsesPriorities => false;

    /// <summary>Shards that answered last time.</summary>
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

    /// <summary>Time that the learner waited here, summed.</summary>
    public TimeSpan Waited => Stopwatch.GetElapsedTime(0, Volatile.Read(ref _waitedTicks));

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
            _sampled += destination.Count;
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
                stale += part.StaleUpdates;
                appendWait += part.AppendWait;
            }

            return new ReplayStatistics(
                size, capacity, inserted, sampled, stale, appendWait, Waited, _shards.Length, _shards.Count(shard => !shard.IsReachable));
        }
    }

    /// <summary>Actors are done: the shards give what they still owe.</summary>
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
            total += _ready[j] = _shards[j].Rows;
        }

        return total;
    }

    private long WaitFor(int rows, TimeSpan timeout, CancellationToken cancellationToken)
    {
        long began = Stopwatch.GetTimestamp();
        CancellationTokenRegistration registration = cancellationToken.UnsafeRegister(Wake, _gate);
        try
        {
            long total = CountReady();
            while (total < rows && !_shards.All(shard => shard.IsClosed))
            {
                cancellationToken.ThrowIfCancellationRequested();
                TimeSpan left = timeout - Stopwatch.GetElapsedTime(began);
                if (left <= TimeSpan.Zero || !Monitor.Wait(_gate, left))
                {
                    break;
                }

                total = CountReady();
            }
        }
        finally
        {
            // Not disposed: that waits for a wake-up that is running, which waits for the gate, which is held here.
            registration.Unregister();
        }

        _waitedTicks += Stopwatch.GetTimestamp() - began;
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
        long size = _shards.Sum(shard => shard.Statistics.Size);
        int start = 0;
        for (int j = 0; j < _shards.Length; j++)
        {
            if (_counts[j] > 0)
            {
                double share = (double)_ready[j] / total;
                _shards[j].Take(destination, start, _counts[j], share);
                start += _counts[j];
            }
        }

        destination.TableSize = size;
    }

    /// <summary>Fetches from one shard; its rows are guarded by the gate.</summary>
    private sealed partial class ShardFetcher(int index, IReplayShardGrain grain, PrefetchingReplay owner, ILogger logger) : IDisposable
    {
        private const int ChunksAhead = 2;
        private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

        private readonly Queue<SampledBatch> _chunks = new();
        private readonly SemaphoreSlim _free = new(ChunksAhead);
        private int _used;
        private bool _appendsComplete;
        private long _incarnation;
        private long _inserted;

        public Task Fetching { get; private set; } = Task.CompletedTask;

        public int Rows { get; private set; }

        public bool IsClosed { get; private set; }

        public bool IsReachable { get; private set; }

        public ReplayStatistics Statistics { get; private set; }

        public void Start() => Fetching = Task.Run(Fetch);

        public void Dispose() => _free.Dispose();

        public async Task CompleteAppends()
        {
            Volatile.Write(ref _appendsComplete, true);
            await grain.CompleteAppends();
        }

        public void UpdatePriorities(ReadOnlySpan<long> positions, ReadOnlySpan<float> priorities) =>
            grain.UpdatePriorities(positions.ToArray(), priorities.ToArray()).Ignore();

        /// <summary>Copies the oldest rows into some rows of a mini-batch.</summary>
        public void Take(SampledBatch destination, int start, int count, double share)
        {
            Rows -= count;
            while (count > 0)
            {
                SampledBatch chunk = _chunks.Peek();
                int rows = Math.Min(count, chunk.Count - _used);
                destination.CopyRows(chunk, _used, start, rows);
                foreach (ref float probability in destination.Probabilities.Slice(start, rows))
                {
                    probability = (float)(probability * share);
                }

                _used += rows;
                start += rows;
                count -= rows;
                if (_used == chunk.Count)
                {
                    SampledBatchCodec.Release(_chunks.Dequeue());
                    _used = 0;
                    _free.Release();
                }
            }
        }

        private async Task Fetch()
        {
            TimeSpan pause = TimeSpan.FromMilliseconds(50);
            CancellationToken ended = owner._ended.Token;
            while (!ended.IsCancellationRequested)
            {
                await _free.WaitAsync(ended);
                try
                {
                    if (_incarnation == 0)
                    {
                        await Meet().WaitAsync(ended);
                    }

                    SampleReply reply = await grain.Sample(owner._leastRows, owner._shardRows).WaitAsync(ended);
                    pause = TimeSpan.FromMilliseconds(50);
                    if (Take(reply))
                    {
                        return;
                    }
                }
                catch (Exception e) when (!ended.IsCancellationRequested)
                {
                    Lose(e);
                    await Task.Delay(pause, ended);
                    pause = pause < LongestPause ? 2 * pause : LongestPause;
                }
            }
        }

        /// <summary>What the shard has stored before this learner began is counted already.</summary>
        private async Task Meet()
        {
            ShardStatus status = await grain.GetStatus();
            lock (owner._gate)
            {
                (_incarnation, _inserted, IsReachable, Statistics) = (status.Incarnation, status.InsertedHere, true, status.Statistics);
            }
        }

        /// <summary>Takes an answer in. True: the shard has nothing more to give.</summary>
        private bool Take(SampleReply reply)
        {
            if (reply.Batch is null)
            {
                _free.Release();
            }

            lock (owner._gate)
            {
                if (!IsReachable)
                {
                    LogBack(index, reply.Shard.Statistics.Size);
                }

                IsReachable = true;
                Count(reply.Shard);
                if (reply.Batch is { } batch)
                {
                    _chunks.Enqueue(batch);
                    Rows += batch.Count;
                }

                // A shard that came back empty after the last append has nothing to give and will get nothing.
                IsClosed = reply.Status == SampleStatus.Closed || (_appendsComplete && reply.Batch is null);
                Monitor.PulseAll(owner._gate);
                return IsClosed;
            }
        }

        private void Count(ShardStatus status)
        {
            Statistics = status.Statistics;
            if (status.Incarnation != _incarnation)
            {
                LogLost(index);
                _inserted = 0;
            }

            _incarnation = status.Incarnation;
            owner._counters.AddEnvironmentSteps(Math.Max(0, status.InsertedHere - _inserted));
            _inserted = Math.Max(_inserted, status.InsertedHere);
        }

        private void Lose(Exception reason)
        {
            _free.Release();
            lock (owner._gate)
            {
                if (IsReachable)
                {
                    LogUnreachable(index, reason.Message);
                }

                IsReachable = false;
            }
        }

        [LoggerMessage(Level = LogLevel.Warning, Message = "shard {Shard} does not answer, learning goes on from the others: {Reason}")]
        private partial void LogUnreachable(int shard, string reason);

        [LoggerMessage(Level = LogLevel.Warning, Message = "shard {Shard} came back elsewhere: the experience that it held is lost and is being collected again")]
        private partial void LogLost(int shard);

        [LoggerMessage(Level = LogLevel.Information, Message = "shard {Shard} answers again and holds {Transitions} transitions")]
        private partial void LogBack(int shard, long transitions);
    }
}
