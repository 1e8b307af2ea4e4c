using Krewe.Contracts;
using Krewe.Learner;
using Krewe.Networks;

namespace Krewe.Tests;

/// <summary>What an update makes of priorities and importance weights, in a case with closed forms: all Q-values are 0, so the error is the return.</summary>
public class PriorityTests
{
    private static readonly float[] Returns = [0.5f, -3, 0, 7];
    private static readonly float[] Weights = [1, 0.25f, 0.5f, 0.125f];

    [Theory]
    [InlineData(LossKind.Mse)]
    [InlineData(LossKind.Huber)]
    public void A_priority_is_the_size_of_the_error_neither_squared_nor_clipped_nor_weighted(LossKind loss)
    {
        (_, float[] priorities) = Update(loss);
        Assert.Equal([0.5f, 3, 0, 7], priorities);
    }

    [Theory]
    [InlineData(LossKind.Mse)]
    [InlineData(LossKind.Huber)]
    public void Weights_multiply_each_loss_and_its_gradient_before_the_mean_and_are_not_clipped(LossKind loss)
    {
        (TrainResult result, _) = Update(loss);
        double expectedLoss = 0;
        double expectedGradient = 0;
        for (int i = 0; i < Returns.Length; i++)
        {
            double error = Returns[i];
            bool isQuadratic = loss == LossKind.Mse || Math.Abs(error) <= 1;
            double each = loss == LossKind.Mse ? error * error : isQuadratic ? 0.5 * error * error : Math.Abs(error) - 0.5;
            double slope = loss == LossKind.Mse ? 2 * error : Math.Clamp(error, -1, 1);
            expectedLoss += Weights[i] * each / Returns.Length;
            expectedGradient += Weights[i] * slope / Returns.Length;
        }

        // Observations of 0 leave only the gradient of one bias.
        Assert.Equal(expectedLoss, result.Loss, tolerance: 1e-6);
        Assert.Equal(Math.Abs(expectedGradient), result.GradientNorm, tolerance: 1e-6);
    }

    private static (TrainResult Result, float[] Priorities) Update(LossKind loss)
    {
        var spec = new NetworkSpec(ElementType.Float32, observationLength: 2, inputWidth: 2, hidden: [], actionCount: 2);
        var options = new LearnerOptions { Loss = loss, MaxGradientNorm = 0 };
        using var network = TrainedNetwork.Mlp(spec, options, new Pcg64(1));
        network.WriteParameters(new float[spec.ParameterCount]);
        network.UpdateTarget(1);
        var batch = new SampledBatch(new SegmentSpec(ElementType.Float32, observationLength: 2, actionCount: 2), Returns.Length);
        batch.Observations.Clear();
        batch.NextObservations.Clear();
        batch.Actions.Clear();
        batch.Discounts.Fill(0.9f);
        Returns.CopyTo(batch.Returns);
        Weights.CopyTo(batch.Weights);
        var priorities = new float[Returns.Length];
        return (network.Train(batch, learningRate: 1e-3f, priorities), priorities);
    }
}
