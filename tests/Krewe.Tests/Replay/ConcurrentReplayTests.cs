using Krewe.Contracts;
using Krewe.Replay;
using static Krewe.Tests.ReplayFixtures;

namespace Krewe.Tests;

/// <summary>Threads that append, sample and update priorities at the same time: every row sampled must be a transition as it was appended.</summary>
public class ConcurrentReplayTests
{
    private const int Threads = 3;
    private const int Steps = 7;
    private const int Batches = 2_000;

    [Theory]
    [InlineData(1, 1, 0)]
    [InlineData(3, 1, 0)]
    [InlineData(2, 3, 0)]
    [InlineData(2, 2, 0.7)]
    public async Task Rows_are_whole_while_the_rings_are_overwritten(int shards, int nStep, double exponent)
    {
        ReplaySelector selector = exponent == 0 ? ReplaySelector.Uniform : ReplaySelector.Proportional(exponent);

        // Small rings, so that every slot is overwritten hundreds of times.
        var replay = new ShardedReplay([.. Enumerable.Range(0, shards).Select(index => Shard(capacity: 61, nStep, index: index, selector: selector))], limiter: null, seed: 1);
        replay.TryAppend(Batch(Segment(Steps)));
        using var stop = new CancellationTokenSource();
        Task<int>[] samplers = [.. Enumerable.Range(0, Threads).Select(_ => Start(() => Sample(replay, nStep, stop.Token)))];
        int next = 0;
        await Task.WhenAll(Enumerable.Range(0, Threads).Select(_ => Start(() =>
        {
            for (int i = 0; i < Batches; i++)
            {
                int first = Interlocked.Add(ref next, Steps + 1) - Steps - 1;
                Assert.Equal(AppendStatus.Stored, replay.TryAppend(Batch(Segment(Steps, first))));
            }

            return 0;
        }))).WaitAsync(TestTimeout, TestContext.Current.CancellationToken);
        await stop.CancelAsync();
        Assert.All(await Task.WhenAll(samplers).WaitAsync(TestTimeout, TestContext.Current.CancellationToken), rows => Assert.InRange(rows, 1, int.MaxValue));
        Assert.Equal((Threads * Batches * Steps) + Steps, replay.GetStatistics().Inserted);
    }

    private static Task<int> Start(Func<int> body) =>
        Task.Factory.StartNew(body, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private static int Sample(ShardedReplay replay, int nStep, CancellationToken stop)
    {
        var batch = new SampledBatch(Scalar, 16);
        int rows = 0;
        do
        {
            Assert.Equal(SampleStatus.Sampled, replay.TrySample(batch));
            for (int i = 0; i < batch.Count; i++, rows++)
            {
                Row row = Row.Of(batch, i);

                // A segment of values v, v + 1, ...: action v mod 1000, reward v, then the next observation. Fewer than n steps at its end.
                int steps = (int)(row.Next - row.Observation);
                Assert.InRange(steps, 1, nStep);
                Assert.Equal((int)row.Observation % 1000, row.Action);
                Assert.Equal(Enumerable.Range(0, steps).Sum(k => Math.Pow(0.5, k) * (row.Observation + k)), row.Return, 1e-6 * (1 + Math.Abs(row.Return)));
                Assert.Equal((float)Math.Pow(0.5, steps), row.Discount);
            }

            replay.UpdatePriorities(batch.Shards, batch.Positions, batch.Returns);
        }
        while (!stop.IsCancellationRequested);
        return rows;
    }
}
