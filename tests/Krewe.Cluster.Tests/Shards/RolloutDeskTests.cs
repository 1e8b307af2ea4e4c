using Krewe.Contracts;
using Krewe.Replay;

namespace Krewe.Cluster.Tests;

public class RolloutDeskTests
{
    private const int Slots = 16;
    private const long Before = 1_000;

    private readonly RolloutQueue _queue = new(Batches.Spec, Slots);

    [Fact]
    public void A_rollout_is_given_again_until_it_is_acknowledged()
    {
        var desk = new RolloutDesk(_queue, Slots, Before);
        Append(1);
        Append(2);
        Assert.Equal((SampleStatus.Sampled, 1_001, 1), Take(desk, epoch: 1, after: 0));
        Assert.Equal((SampleStatus.Sampled, 1_001, 1), Take(desk, epoch: 1, after: 0));
        Assert.Equal((SampleStatus.Sampled, 1_002, 2), Take(desk, epoch: 1, after: 1_001));
        Assert.Equal((SampleStatus.Sampled, 1_002, 2), Take(desk, epoch: 1, after: 1_001));
        Assert.Equal((SampleStatus.RateLimited, 0, null), Take(desk, epoch: 1, after: 1_002));
        Append(3);
        Assert.Equal((SampleStatus.Sampled, 1_003, 3), Take(desk, epoch: 1, after: 1_002));
    }

    [Fact]
    public void A_later_learner_gets_what_the_earlier_one_has_not_acknowledged_and_the_earlier_one_nothing_more()
    {
        var desk = new RolloutDesk(_queue, Slots, Before);
        Append(1);
        Append(2);
        Take(desk, epoch: 1, after: 0);
        Assert.Equal((SampleStatus.Sampled, 1_001, 1), Take(desk, epoch: 2, after: 0));
        Assert.Equal((SampleStatus.Closed, 0, null), Take(desk, epoch: 1, after: 1_001));
        Assert.Equal((SampleStatus.Sampled, 1_002, 2), Take(desk, epoch: 2, after: 1_001));
    }

    [Fact]
    public void The_last_rollouts_are_given_after_the_last_append()
    {
        var desk = new RolloutDesk(_queue, Slots, Before);
        Append(1);
        _queue.CompleteAppends();
        Assert.Equal((SampleStatus.Sampled, 1_001, 1), Take(desk, epoch: 1, after: 0));
        Assert.Equal((SampleStatus.Closed, 0, null), Take(desk, epoch: 1, after: 1_001));
    }

    private static (SampleStatus Status, long Number, long? Sequence) Take(RolloutDesk desk, long epoch, long after)
    {
        SampleStatus status = desk.Take(epoch, after, out long number, out SegmentBatch? rollout);
        return (status, number, rollout?.Sequence);
    }

    private void Append(long sequence) =>
        Assert.Equal(AppendStatus.Stored, _queue.Append(Batches.Make(actor: 1, sequence), TimeSpan.Zero, CancellationToken.None));
}
