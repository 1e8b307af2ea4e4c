using Krewe.Contracts;
using Krewe.Learner;
using Krewe.Networks;

namespace Krewe.Tests;

public class DenormalTests
{
    [Fact]
    public void Moments_that_only_decay_become_zero_and_never_denormal()
    {
        var spec = new NetworkSpec(ElementType.Float32, observationLength: 4, inputWidth: 4, hidden: [16], actionCount: 2);
        using var network = TrainedNetwork.Mlp(spec, new LearnerOptions { BatchSize = 1, AdamBeta2 = 0.9 }, new Pcg64(1));
        var batch = new SampledBatch(new SegmentSpec(ElementType.Float32, observationLength: 4, actionCount: 2), count: 1);
        batch.Weights[0] = 1;
        batch.Returns[0] = 1;
        var tdErrors = new float[1];
        network.Train(batch, learningRate: 1e-3f, tdErrors);
        NetworkState state = network.State();
        Assert.Contains(state.SecondMoment, value => value != 0);

        // No sample has weight any more: from here on every moment shrinks by a tenth a step, past 1e-38 before step 900.
        batch.Weights[0] = 0;
        for (int step = 0; step < 1_000; step++)
        {
            network.Train(batch, learningRate: 1e-3f, tdErrors);
            state = network.State();
            Assert.DoesNotContain(state.FirstMoment, float.IsSubnormal);
            Assert.DoesNotContain(state.SecondMoment, float.IsSubnormal);
        }

        Assert.All(state.FirstMoment, value => Assert.Equal(0, value));
        Assert.All(state.SecondMoment, value => Assert.Equal(0, value));
    }
}
