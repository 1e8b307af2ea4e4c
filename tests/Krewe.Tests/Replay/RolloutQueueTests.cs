using Krewe.Contracts;
using Krewe.Replay;

namespace Krewe.Tests;

public class RolloutQueueTests
{
    private const int Slots = 40;

    private static readonly SegmentSpec Spec = new(ElementType.Float32, observationLength: 2, actionCount: 3);

    [Fact]
    public void Rollouts_are_taken_whole_once_and_in_order()
    {
        var queue = new RolloutQueue(Spec, Slots);
        var taken = new SegmentBatch(Spec, Slots);
        for (int i = 0; i < 5; i++)
        {
            SegmentBatch rollout = Rollout(sequence: i, steps: 3 + i);
            Assert.Equal(AppendStatus.Stored, queue.Append(rollout, TimeSpan.Zero, CancellationToken.None));
            byte[] expected = rollout.Bytes.ToArray();
            rollout.Rewards.Fill(-1);
            Assert.Equal(SampleStatus.Sampled, Take(queue, taken));
            Assert.Equal(expected, taken.Bytes.ToArray());
            Assert.Equal((7, 100 + i, i, false), (taken.ActorId, taken.PolicyVersion, taken.Sequence, taken.IsReceived));
        }

        Assert.Equal(SampleStatus.RateLimited, Take(queue, taken));
        Assert.Equal((25, 25, 0), (queue.GetStatistics().Inserted, queue.GetStatistics().Sampled, queue.GetStatistics().Size));
    }

    [Fact]
    public async Task A_full_queue_makes_actors_wait_so_that_no_rollout_grows_old()
    {
        var queue = new RolloutQueue(Spec, Slots);
        for (int i = 0; i < RolloutQueue.Capacity; i++)
        {
            Assert.Equal(AppendStatus.Stored, queue.Append(Rollout(i), TimeSpan.Zero, CancellationToken.None));
        }

        Assert.Equal(AppendStatus.RateLimited, queue.Append(Rollout(9), TimeSpan.Zero, CancellationToken.None));
        Task<AppendStatus> waiting = Task.Run(() => queue.Append(Rollout(2), TimeSpan.FromSeconds(30), CancellationToken.None));
        var taken = new SegmentBatch(Spec, Slots);
        for (int i = 0; i <= RolloutQueue.Capacity; i++)
        {
            Assert.Equal(SampleStatus.Sampled, queue.Take(taken, TimeSpan.FromSeconds(30), CancellationToken.None));
            Assert.Equal(i, taken.Sequence);
        }

        Assert.Equal(AppendStatus.Stored, await waiting);
    }

    [Fact]
    public void After_the_last_append_the_learner_gets_what_is_left_and_then_Closed()
    {
        var queue = new RolloutQueue(Spec, Slots);
        queue.Append(Rollout(0), TimeSpan.Zero, CancellationToken.None);
        queue.Append(Rollout(1), TimeSpan.Zero, CancellationToken.None);
        queue.CompleteAppends();
        Assert.Equal(AppendStatus.Closed, queue.Append(Rollout(2), TimeSpan.Zero, CancellationToken.None));
        var taken = new SegmentBatch(Spec, Slots);
        Assert.Equal([SampleStatus.Sampled, SampleStatus.Sampled, SampleStatus.Closed], [Take(queue, taken), Take(queue, taken), Take(queue, taken)]);
    }

    [Fact]
    public void A_closed_queue_gives_nothing()
    {
        var queue = new RolloutQueue(Spec, Slots);
        queue.Append(Rollout(0), TimeSpan.Zero, CancellationToken.None);
        queue.Close();
        Assert.Equal(SampleStatus.Closed, Take(queue, new SegmentBatch(Spec, Slots)));
        Assert.Equal(AppendStatus.Closed, queue.Append(Rollout(1), TimeSpan.Zero, CancellationToken.None));
    }

    [Fact]
    public void A_rollout_that_does_not_fit_is_refused_by_name()
    {
        var queue = new RolloutQueue(Spec, Slots);
        var other = new SegmentSpec(ElementType.Float32, observationLength: 3, actionCount: 3);
        Refused(() => queue.Append(new SegmentBatch(other, 2), TimeSpan.Zero, CancellationToken.None), "the queue takes at most 40 of");
        Refused(() => queue.Append(Rollout(0, steps: Slots), TimeSpan.Zero, CancellationToken.None), "the batch has 41 slots");
        Refused(() => Take(queue, new SegmentBatch(Spec, Slots - 1)), "expected at least 40 of");
        SegmentBatch open = Rollout(0);
        open.Flags[^1] = SlotFlags.None;
        Refused(() => queue.Append(open, TimeSpan.Zero, CancellationToken.None), "is the last, but not final");

        static void Refused(Action action, string message) =>
            Assert.Contains(message, Assert.Throws<ArgumentException>(action).Message, StringComparison.Ordinal);
    }

    private static SampleStatus Take(RolloutQueue queue, SegmentBatch into) => queue.Take(into, TimeSpan.Zero, CancellationToken.None);

    private static SegmentBatch Rollout(long sequence, int steps = 3)
    {
        var batch = new SegmentBatch(Spec, steps + 1);
        batch.Start(actorId: 7, policyVersion: 100 + sequence, sequence, steps + 1);
        batch.StepCount = steps;
        batch.Observations.Fill((byte)sequence);
        batch.Rewards.Fill(sequence);
        batch.Probabilities.Fill(0.5f);
        batch.ActionBytes.Clear();
        batch.Flags.Clear();
        batch.Flags[^1] = SlotFlags.Final;
        return batch;
    }
}
