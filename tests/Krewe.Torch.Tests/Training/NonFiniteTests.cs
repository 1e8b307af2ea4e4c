using Krewe.Contracts;
using Krewe.Learner;
using Krewe.Networks;
using Krewe.Tests;

namespace Krewe.Torch.Tests;

public class NonFiniteTests
{
    [Theory]
    [InlineData(0, LossKind.Mse, float.NaN)]
    [InlineData(0, LossKind.Huber, float.PositiveInfinity)]
    [InlineData(1, LossKind.Mse, float.NaN)]
    [InlineData(1, LossKind.Mse, 1e30f)]
    [InlineData(1, LossKind.Huber, float.NegativeInfinity)]
    public void An_update_that_is_not_finite_changes_nothing_and_is_refused(int stepsAhead, LossKind loss, float poison)
    {
        (NetworkSpec spec, int rows) = NetworkCases.All[3];
        using TrainedNetwork network = ForwardTests.Trained(spec, new LearnerOptions { Loss = loss, BatchSize = rows }, stepsAhead);
        network.Begin(Batches.Random(spec, rows, 1), 1e-3f);
        network.End(new float[rows]);
        NetworkState before = AgreementTests.State(network);
        SampledBatch batch = Batches.Random(spec, rows, 2);
        batch.Returns[4] = poison;
        network.Begin(batch, 1e-3f);
        var refusal = Assert.Throws<NonFiniteUpdateException>(() => network.End(new float[rows]));
        Assert.Contains("update 2 was rejected", refusal.Message, StringComparison.Ordinal);
        Assert.True(float.IsFinite(poison) || refusal.Message.Contains("the return of sample 4", StringComparison.Ordinal), refusal.Message);
        NetworkState after = AgreementTests.State(network);
        Assert.Equal(before.Online, after.Online);
        Assert.Equal(before.FirstMoment, after.FirstMoment);
        Assert.Equal(before.SecondMoment, after.SecondMoment);
        Assert.Equal(before.OptimizerSteps, after.OptimizerSteps);
    }

    [Fact]
    public void Misuse_is_refused()
    {
        (NetworkSpec spec, int rows) = NetworkCases.All[3];
        using TrainedNetwork network = ForwardTests.Trained(spec);
        SampledBatch batch = Batches.Random(spec, rows, 1);
        Assert.Throws<InvalidOperationException>(() => network.End(new float[rows]));
        Assert.Throws<ArgumentOutOfRangeException>(() => network.Begin(batch, float.NaN));
        Assert.Throws<ArgumentOutOfRangeException>(() => network.UpdateTarget(0));
        Assert.Throws<ArgumentException>(() => network.WriteParameters(new float[1]));
        Assert.Throws<InvalidDataFormatException>(() => network.WriteState(new NetworkState(NetworkCases.All[0].Spec)));
        batch.Actions[2] = 99;
        Assert.Throws<ArgumentException>(() => network.Begin(batch, 1e-3f));
        batch.Actions[2] = 0;
        network.Begin(batch, 1e-3f);
        Assert.Throws<InvalidOperationException>(() => network.Begin(batch, 1e-3f));
    }
}
