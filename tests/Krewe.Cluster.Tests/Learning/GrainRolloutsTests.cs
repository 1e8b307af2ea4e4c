using Krewe.Contracts;
using Krewe.Contracts.Grains;
using Krewe.Replay;
using Microsoft.Extensions.Logging.Abstractions;

namespace Krewe.Cluster.Tests;

public class GrainRolloutsTests
{
    private const int Slots = 16;

    [Fact]
    public void No_rollout_is_lost_or_repeated_when_answers_are_lost()
    {
        var shard = new ForgetfulShard();
        var counters = new RunCounters();
        var rollouts = new GrainRollouts(shard, epoch: 1, counters, isFirstLearner: true, NullLogger.Instance);
        var taken = new SegmentBatch(Batches.Spec, Slots);
        List<long> sequences = [];
        for (int next = 0; next < 6;)
        {
            next += shard.Append(Batches.Make(actor: 1, next)) ? 1 : 0;
            if (rollouts.Take(taken, TimeSpan.Zero, CancellationToken.None) == SampleStatus.Sampled)
            {
                sequences.Add(taken.Sequence);
            }
        }

        shard.Queue.CompleteAppends();
        SampleStatus status;
        while ((status = rollouts.Take(taken, TimeSpan.Zero, CancellationToken.None)) != SampleStatus.Closed)
        {
            if (status == SampleStatus.Sampled)
            {
                sequences.Add(taken.Sequence);
            }
        }

        Assert.Equal([0, 1, 2, 3, 4, 5], sequences);
        Assert.True(shard.Lost > 2);
        Assert.Equal(6 * Batches.Make(actor: 1, sequence: 0).StepCount, counters.EnvironmentSteps);
    }

    [Fact]
    public void A_wait_is_cancelled()
    {
        var rollouts = new GrainRollouts(new ForgetfulShard(), epoch: 1, new RunCounters(), isFirstLearner: true, NullLogger.Instance);
        Assert.ThrowsAny<OperationCanceledException>(
            () => rollouts.Take(new SegmentBatch(Batches.Spec, Slots), TimeSpan.FromSeconds(5), new CancellationToken(canceled: true)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_call_that_fails_is_made_again_whether_or_not_the_run_is_stopping(bool isStopping)
    {
        using var stop = new CancellationTokenSource();
        var shard = new ForgetfulShard
        {
            Fails = () =>
            {
                if (isStopping)
                {
                    stop.Cancel();
                }

                return isStopping ? new TimeoutException("the silo is gone") : new TaskCanceledException("the silo shuts down");
            },
        };
        var rollouts = new GrainRollouts(shard, epoch: 1, new RunCounters(), isFirstLearner: true, NullLogger.Instance);

        // The failure of a silo must not become that of a run.
        Assert.Equal(SampleStatus.RateLimited, rollouts.Take(new SegmentBatch(Batches.Spec, Slots), TimeSpan.Zero, stop.Token));
        Assert.False(rollouts.IsReachable);
    }

    /// <summary>A queue of rollouts, every third answer of which is lost on the way.</summary>
    private sealed class ForgetfulShard : IReplayShardGrain
    {
        private readonly RolloutDesk _desk;
        private int _calls;

        public ForgetfulShard() => _desk = new RolloutDesk(Queue, Slots, before: 50);

        public RolloutQueue Queue { get; } = new(Batches.Spec, Slots);

        public int Lost { get; private set; }

        public Func<Exception>? Fails { get; init; }

        public bool Append(SegmentBatch batch) => Queue.Append(batch, TimeSpan.Zero, CancellationToken.None) == AppendStatus.Stored;

        public Task<RolloutReply> TakeRollout(long epoch, long after, double seconds)
        {
            if (Fails is { } fails)
            {
                return Task.FromException<RolloutReply>(fails());
            }

            SampleStatus status = _desk.Take(epoch, after, out long number, out SegmentBatch? rollout);
            if (++_calls % 3 == 0)
            {
                Lost++;
                return Task.FromException<RolloutReply>(new TimeoutException("the answer is lost"));
            }

            return Task.FromResult(new RolloutReply { Status = status, Number = number, Batch = rollout, Shard = Status() });
        }

        public Task<ShardStatus> GetStatus() => Task.FromResult(Status());

        public Task<SampleReply> Sample(int minimum, int maximum) => throw new NotSupportedException();

        public Task<SampleReply> UpdateAndSample(long[] positions, float[] priorities, int minimum, int maximum) => throw new NotSupportedException();

        public Task<double> UpdatePriorities(long[] positions, float[] priorities) => throw new NotSupportedException();

        public Task CompleteAppends() => Task.CompletedTask;

        public Task Save() => Task.CompletedTask;

        public Task Close() => Task.CompletedTask;

        Task<AppendReply> IReplayShardGrain.Append(SegmentBatch batch) => throw new NotSupportedException();

        private ShardStatus Status()
        {
            ReplayStatistics statistics = Queue.GetStatistics();
            return new ShardStatus(Incarnation: 1, statistics.Inserted, statistics);
        }
    }
}
