using Krewe.Contracts;
using Krewe.Contracts.Grains;

namespace Krewe.Cluster.Tests;

/// <summary>A shard that answers only when the test tells it to, and reports as many transitions as it has returned.</summary>
internal sealed class HeldShard(SegmentSpec spec) : IReplayShardGrain
{
    private readonly Lock _lock = new();
    private readonly Queue<(int Least, int Most, TaskCompletionSource<SampleReply> Reply)> _requests = new();
    private int _most;
    private long _rows;
    private int _priorities;

    /// <summary>Transitions stored before the first request.</summary>
    public int StoredBefore { get; init; }

    /// <summary>Pending requests.</summary>
    public int Pending
    {
        get
        {
            lock (_lock)
            {
                return _requests.Count;
            }
        }
    }

    /// <summary>The largest number of requests that were pending at once.</summary>
    public int MostPending => Volatile.Read(ref _most);

    /// <summary>Total rows of all answers.</summary>
    public long Rows => Volatile.Read(ref _rows);

    /// <summary>Answers the oldest request.</summary>
    /// <param name="least">Whether to return the requested minimum of rows instead of the maximum.</param>
    /// <returns>The rows.</returns>
    public int Answer(bool least = false)
    {
        (int fewest, int most, TaskCompletionSource<SampleReply> reply) = Dequeue();
        int rows = least ? fewest : most;
        SampledBatch batch = SampledBatchCodec.Rent(spec, rows);
        batch.Resize(rows);
        long inserted = Interlocked.Add(ref _rows, rows);
        reply.SetResult(new SampleReply { Status = SampleStatus.Sampled, Batch = batch, Shard = Status(inserted) });
        return rows;
    }

    public Task<SampleReply> Sample(int minimum, int maximum)
    {
        var reply = new TaskCompletionSource<SampleReply>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            _requests.Enqueue((minimum, maximum, reply));
            _most = Math.Max(_most, _requests.Count);
        }

        return reply.Task;
    }

    public Task<ShardStatus> GetStatus() => Task.FromResult(Status(0));

    public Task<AppendReply> Append(SegmentBatch batch) => throw new NotSupportedException();

    /// <summary>Number of priorities received.</summary>
    public int Priorities => Volatile.Read(ref _priorities);

    public Task<double> UpdatePriorities(long[] positions, float[] priorities) => throw new NotSupportedException();

    public Task<SampleReply> UpdateAndSample(long[] positions, float[] priorities, int minimum, int maximum)
    {
        Assert.Equal(positions.Length, priorities.Length);
        Interlocked.Add(ref _priorities, priorities.Length);
        return Sample(minimum, maximum);
    }

    /// <summary>Fails the oldest request.</summary>
    public void Fail() => Dequeue().Reply.SetException(new TimeoutException("the shard does not answer"));

    public Task<RolloutReply> TakeRollout(long epoch, long after, double seconds) => throw new NotSupportedException();

    public Task CompleteAppends() => Task.CompletedTask;

    public Task Save() => Task.CompletedTask;

    public Task Close() => Task.CompletedTask;

    private ShardStatus Status(long inserted) => new(Incarnation: 1, StoredBefore + inserted, default);

    private (int Least, int Most, TaskCompletionSource<SampleReply> Reply) Dequeue()
    {
        lock (_lock)
        {
            return _requests.Dequeue();
        }
    }
}
