using Krewe.Contracts;

namespace Krewe.Cluster.Tests;

/// <summary>Creates batches with CartPole's shape.</summary>
internal static class Batches
{
    public static SegmentSpec Spec { get; } = new(ElementType.Float32, 4, 2);

    /// <summary>Creates a batch of one segment.</summary>
    public static SegmentBatch Make(int actor, long sequence, int steps = 8, SegmentSpec? spec = null)
    {
        var batch = new SegmentBatch(spec ?? Spec, steps + 1);
        batch.Start(actor, policyVersion: 0, sequence, steps + 1);
        batch.Observations.Clear();
        batch.Rewards.Fill(1);
        batch.Probabilities.Fill(0.5f);
        batch.Actions.Clear();
        batch.Flags.Clear();
        batch.Flags[^1] = SlotFlags.Final;
        batch.StepCount = steps;
        return batch;
    }
}
