using Krewe.Contracts;
using Krewe.Replay;
using static Krewe.Tests.ReplayFixtures;

namespace Krewe.Tests;

public class ImportanceWeightTests
{
    [Theory]
    [InlineData(0.0, new double[] { 1, 1, 1, 1 })]
    [InlineData(1.0, new double[] { 0.25, 1, 0.5, 1 })]
    [InlineData(0.5, new double[] { 0.5, 1, 0.70710678, 1 })]
    public void Weights_are_N_P_to_the_power_of_minus_beta_over_the_largest(double exponent, double[] expected)
    {
        float[] probabilities = [0.4f, 0.1f, 0.2f, 0.1f];
        var weights = new float[4];

        ImportanceWeightedReplay.Weigh(probabilities, exponent, weights);

        const int N = 50;
        double[] raw = [.. probabilities.Select(p => Math.Pow(N * (double)p, -exponent))];
        for (int i = 0; i < 4; i++)
        {
            Assert.Equal(expected[i], weights[i], tolerance: 1e-6);
            Assert.Equal(raw[i] / raw.Max(), weights[i], tolerance: 1e-6);
        }
    }

    [Fact]
    public void A_probability_that_was_rounded_to_zero_leaves_the_weights_finite()
    {
        var weights = new float[3];
        ImportanceWeightedReplay.Weigh([0, 1, 1e-30f], exponent: 0.5, weights);
        Assert.All(weights, weight => Assert.InRange(weight, 0, 1));
        Assert.Equal(1, weights[0]);
    }

    [Theory]
    [InlineData(0, 0.4)]
    [InlineData(500, 0.7)]
    [InlineData(1_000, 1.0)]
    [InlineData(5_000, 1.0)] // past the end of the schedule
    public void Beta_follows_its_schedule_and_stays_at_its_end(long steps, double beta)
    {
        PacedShard shard = Paced(capacity: 100, selector: ReplaySelector.Proportional(1));
        shard.TryAppend(Batch(Segment(steps: 9)));
        shard.UpdatePriorities([0, 0, 0], [0, 1, 2], [10, 20, 0.5f]);
        var counters = new RunCounters { EnvironmentSteps = steps };
        var replay = new ImportanceWeightedReplay(shard, Schedule.Linear(0.4, 1.0, 1_000), counters);
        var batch = new SampledBatch(Scalar, 64);

        Assert.Equal(SampleStatus.Sampled, replay.TrySample(batch));

        Assert.True(replay.UsesPriorities);
        float smallest = batch.Probabilities.ToArray().Min();
        for (int i = 0; i < batch.Count; i++)
        {
            Assert.Equal(Math.Pow(smallest / batch.Probabilities[i], beta), batch.Weights[i], tolerance: 1e-6);
        }

        Assert.Contains(batch.Weights.ToArray(), weight => weight < 0.5);
    }
}
