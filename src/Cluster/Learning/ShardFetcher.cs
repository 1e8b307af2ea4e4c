using Krewe.Contracts;
using Krewe.Contracts.Grains;
using Krewe.Runtime;
using Microsoft.Extensions.Logging;

namespace Krewe.Cluster;

/// <summary>
/// Fetches chunks of samples from one shard. Members are guarded by the gate of the owning <see cref="PrefetchingReplay"/> unless they say
/// otherwise.
/// </summary>
/// <remarks>
/// Chunks start with the rows of a few mini-batches and double while the learner waits and the shard returns all requested rows. Up to
/// <see cref="PrefetchDepth"/> chunks are buffered or in flight, each requested separately.
/// </remarks>
internal sealed class ShardFetcher(
    int index,
    IReplayShardGrain grain,
    RunPlan plan,
    object gate,
    PrefetchDepth depth,
    TimeProvider time,
    RunCounters counters,
    bool isFirstLearner,
    ILogger logger,
    CancellationToken ended) : IDisposable
{
    // With a small depth the buffer may be empty; with a large one four chunks must be buffered.
    private const int Requests = 4;
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    private readonly int _least = ShardPlan.LeastRows(plan);
    private readonly int _most = ShardPlan.ShardRows(plan);
    private readonly Queue<SampledBatch> _chunks = new();
    private readonly SemaphoreSlim _free = new(PrefetchDepth.Few);
    private int _rows = Math.Min(ShardPlan.ShardRows(plan), 4 * ShardPlan.LeastRows(plan));
    private int _places = PrefetchDepth.Few;
    private int _used;
    private int _fetchersEnded;
    private readonly ShardLink _link = new(index, counters, isFirstLearner, logger);
    private bool _appendsComplete;

    // When the depth shrinks, no request is sent until the larger number of chunks has been used. More priorities only come together while the
    // shard does not answer.
    private readonly PriorityOutbox _priorities = new((PrefetchDepth.Many + 1) * ShardPlan.ShardRows(plan));
    private readonly Lock _sending = new();

    /// <summary>Completes when fetching has ended.</summary>
    public Task Fetching { get; private set; } = Task.CompletedTask;

    /// <summary>Buffered rows.</summary>
    public int Rows { get; private set; }

    /// <summary>Whether the shard will return no more rows.</summary>
    public bool IsClosed => _fetchersEnded == Requests;

    /// <summary>Whether the shard answered the last request.</summary>
    public bool IsReachable => _link.IsReachable;

    /// <summary>Set while the learner finds too few rows buffered.</summary>
    public bool LearnerWaits { get; set; }

    /// <summary>Whether its last answer contained all requested rows.</summary>
    public bool GivesAll { get; private set; }

    /// <summary>The shard's counters, as of its last answer.</summary>
    public ReplayStatistics Statistics => _link.Statistics;

    /// <summary>Starts fetching. Thread-safe; called once.</summary>
    public void Start() => Fetching = Task.Run(FetchAll, CancellationToken.None);

    /// <summary>Called when the actors are done: the shard returns the remaining samples. Thread-safe; may be called repeatedly.</summary>
    public async Task CompleteAppends()
    {
        await grain.CompleteAppends();
        Volatile.Write(ref _appendsComplete, true);
    }

    /// <summary>Priorities that did not reach the shard. Thread-safe.</summary>
    public long DroppedUpdates => _priorities.Dropped;

    /// <summary>Sends priorities with the next request for samples. Thread-safe.</summary>
    public void UpdatePriorities(ReadOnlySpan<long> positions, ReadOnlySpan<float> priorities) => _priorities.Add(positions, priorities);

    /// <summary>
    /// Called when the learner waits: a request must be in flight, however few rows the buffered chunks hold. Because the learner waits for
    /// less than a mini-batch, this never adds more chunks than there are shards.
    /// </summary>
    public void EnsureRequest()
    {
        if (_chunks.Count == _places)
        {
            _places++;
            _free.Release();
        }
    }

    /// <summary>Copies the oldest rows into a range of a mini-batch.</summary>
    /// <param name="destination">The mini-batch.</param>
    /// <param name="start">The first row.</param>
    /// <param name="count">Number of rows, at most <see cref="Rows"/>.</param>
    /// <param name="share">The shard's share of all rows: multiplies the probability of a sample within the shard.</param>
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
                FreePlace();
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _free.Dispose();
        while (_chunks.TryDequeue(out SampledBatch? chunk))
        {
            SampledBatchCodec.Release(chunk);
        }
    }

    private async Task FetchAll()
    {
        await Try(Meet);
        await Task.WhenAll(Enumerable.Range(0, Requests).Select(_ => Task.Run(Fetch, CancellationToken.None)));
    }

    private async Task Fetch()
    {
        bool closed = false;
        while (!closed)
        {
            await _free.WaitAsync(ended);
            await Try(async () => closed = await FetchOne());
        }
    }

    /// <summary>Retries an operation until it succeeds, with exponential back-off.</summary>
    private async Task Try(Func<Task> action)
    {
        for (TimeSpan pause = ShortestPause; ; pause = pause < LongestPause ? 2 * pause : LongestPause)
        {
            ended.ThrowIfCancellationRequested();
            try
            {
                await action();
                return;
            }
            catch (Exception e) when (!ended.IsCancellationRequested)
            {
                MarkUnreachable(e);
            }

            await Task.Delay(pause, ended);
        }
    }

    private async Task Meet()
    {
        ShardStatus status = await grain.GetStatus().WaitAsync(ended);
        lock (gate)
        {
            _link.Meet(status);
        }
    }

    /// <summary>Sends one request. Returns true when the shard has nothing more to give.</summary>
    private async Task<bool> FetchOne()
    {
        bool complete = Volatile.Read(ref _appendsComplete);
        int rows;
        lock (gate)
        {
            rows = _rows;
        }

        SampleReply reply = await Request(rows).WaitAsync(ended);
        lock (gate)
        {
            _link.Count(reply.Shard, reply.Status == SampleStatus.Closed);
            depth.Look(time.GetElapsedTime(0));
            if (reply.Batch is { } batch)
            {
                _chunks.Enqueue(batch);
                Rows += batch.Count;
                if (LearnerWaits && batch.Count == rows)
                {
                    _rows = Math.Min(_most, Math.Max(_rows, 2 * rows));
                }

                LearnerWaits = false;
                GivesAll = batch.Count == _most;
            }
            else
            {
                FreePlace();
            }

            for (; _places < depth.Chunks; _places++)
            {
                _free.Release();
            }

            // A shard that was reactivated empty after the last append will never have samples.
            bool closed = reply.Status == SampleStatus.Closed || (complete && reply.Batch is null);
            _fetchersEnded += closed ? 1 : 0;
            Monitor.PulseAll(gate);
            return closed;
        }
    }

    private async Task<SampleReply> Request(int rows)
    {
        int priorities;
        Task<SampleReply> reply;
        lock (_sending)
        {
            // Sent in the order in which they were taken: of two priorities of a transition, the newer one counts.
            (long[] positions, float[] values) = _priorities.Take();
            priorities = positions.Length;
            reply = priorities == 0 ? grain.Sample(_least, rows) : grain.UpdateAndSample(positions, values, _least, rows);
        }

        try
        {
            return await reply;
        }
        catch
        {
            // Not sent again: they may have arrived, and newer ones may follow.
            _priorities.CountDropped(priorities);
            throw;
        }
    }

    /// <summary>Frees a place for a request, or removes it if the depth has shrunk.</summary>
    private void FreePlace()
    {
        if (_places > depth.Chunks)
        {
            _places--;
        }
        else
        {
            _free.Release();
        }
    }

    private void MarkUnreachable(Exception reason)
    {
        lock (gate)
        {
            _link.MarkUnreachable(reason);
        }
    }
}
