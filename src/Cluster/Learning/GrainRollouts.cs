using Krewe.Contracts;
using Krewe.Contracts.Grains;
using Microsoft.Extensions.Logging;

namespace Krewe.Cluster;

/// <summary>
/// Rollouts as seen by the learner's thread on a cluster: one call to the run's queue for each. The call is made again until it is answered,
/// and acknowledges the rollout before. Thread-safe; one thread takes.
/// </summary>
/// <param name="grain">The run's queue.</param>
/// <param name="epoch">The learner's epoch.</param>
/// <param name="counters">Counts the environment steps that the queue has stored.</param>
/// <param name="isFirstLearner">Whether the learner is its run's first.</param>
/// <param name="logger">Logs when the queue becomes unreachable and when it returns.</param>
internal sealed class GrainRollouts(IReplayShardGrain grain, long epoch, RunCounters counters, bool isFirstLearner, ILogger logger) : IRollouts
{
    // While the queue's silo does not answer, the learner's thread asks no more often than this.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    // Beyond the time that the queue itself may wait, an answer is lost.
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(2);

    private readonly Lock _lock = new();
    private readonly ShardLink _link = new(index: 0, counters, isFirstLearner, logger);
    private bool _met;
    private bool _appendsComplete;
    private long _taken;

    /// <summary>Whether the queue answered the last call.</summary>
    public bool IsReachable
    {
        get
        {
            lock (_lock)
            {
                return _link.IsReachable;
            }
        }
    }

    /// <inheritdoc/>
    public AppendStatus Append(SegmentBatch batch, TimeSpan timeout, CancellationToken cancellationToken) =>
        throw new NotSupportedException("actors send to the queue, not through the learner");

    /// <inheritdoc/>
    public SampleStatus Take(SegmentBatch destination, TimeSpan timeout, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        double seconds = timeout == Timeout.InfiniteTimeSpan ? IReplayShardGrain.MaxWaitSeconds : timeout.TotalSeconds;
        bool complete = Volatile.Read(ref _appendsComplete);
        try
        {
            if (!_met)
            {
                ShardStatus status = Wait(grain.GetStatus(), AnswerTimeout, cancellationToken);
                lock (_lock)
                {
                    _link.Meet(status);
                }

                _met = true;
            }

            RolloutReply reply = Wait(
                grain.TakeRollout(epoch, _taken, seconds), TimeSpan.FromSeconds(seconds) + AnswerTimeout, cancellationToken);
            lock (_lock)
            {
                _link.Count(reply.Shard, reply.Status == SampleStatus.Closed);
            }

            if (reply.Batch is { } rollout)
            {
                destination.CopyFrom(rollout);
                _taken = reply.Number;
                if (rollout.IsReceived)
                {
                    SegmentBatchCodec.Release(rollout);
                }
            }

            // A queue that was activated again, empty, after the last append will never have a rollout.
            return complete && reply.Status == SampleStatus.RateLimited ? SampleStatus.Closed : reply.Status;
        }
        catch (Exception e) when (e is not (KreweException or ArgumentException) && !(e is OperationCanceledException && cancellationToken.IsCancellationRequested))
        {
            lock (_lock)
            {
                _link.MarkUnreachable(e);
            }

            cancellationToken.WaitHandle.WaitOne(Pause);
            return SampleStatus.RateLimited;
        }
    }

    /// <summary>Called when the actors are done: the queue gives what it holds. May be called repeatedly.</summary>
    public async Task CompleteAppends()
    {
        await grain.CompleteAppends();
        Volatile.Write(ref _appendsComplete, true);
    }

    /// <inheritdoc/>
    public ReplayStatistics GetStatistics()
    {
        lock (_lock)
        {
            return _link.Statistics;
        }
    }

    private static T Wait<T>(Task<T> call, TimeSpan timeout, CancellationToken cancellationToken) =>
        call.WaitAsync(timeout, cancellationToken).GetAwaiter().GetResult();
}
