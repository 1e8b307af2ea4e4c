using Krewe.Contracts;
using Krewe.Replay;

namespace Krewe.Cluster;

/// <summary>
/// Hands the rollouts of a queue to a learner in another process, each until it is acknowledged. Rollouts are numbered upwards, across
/// activations too. Not thread-safe: owned by one grain.
/// </summary>
/// <param name="queue">The queue.</param>
/// <param name="slots">The most slots of a rollout.</param>
/// <param name="before">A number that no earlier activation has reached.</param>
internal sealed class RolloutDesk(RolloutQueue queue, int slots, long before)
{
    private readonly SegmentBatch _given = new(queue.Spec, slots);
    private bool _isGiven;
    private long _number = before;
    private long _epoch;

    /// <summary>Takes the oldest rollout that is not acknowledged, without waiting.</summary>
    /// <param name="epoch">The learner's epoch; nothing is given to a learner after one of a later epoch has asked.</param>
    /// <param name="after">Acknowledges the rollouts up to this number.</param>
    /// <param name="number">Receives its number.</param>
    /// <param name="rollout">Receives the rollout, which stays unchanged until it is acknowledged.</param>
    public SampleStatus Take(long epoch, long after, out long number, out SegmentBatch? rollout)
    {
        (number, rollout) = (0, null);
        if (epoch < _epoch)
        {
            return SampleStatus.Closed;
        }

        _epoch = epoch;
        if (!_isGiven || _number <= after)
        {
            SampleStatus status = queue.Take(_given, TimeSpan.Zero, CancellationToken.None);
            _isGiven = status == SampleStatus.Sampled;
            if (!_isGiven)
            {
                return status;
            }

            _number++;
        }

        (number, rollout) = (_number, _given);
        return SampleStatus.Sampled;
    }
}
