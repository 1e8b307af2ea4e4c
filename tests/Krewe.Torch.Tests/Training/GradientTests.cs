using Krewe.Contracts;
using Krewe.Learner;
using Krewe.Networks;
using Krewe.Tests;

namespace Krewe.Torch.Tests;

/// <summary>One step of Adam from zero moments reveals the gradient: the first moment is 0.1 of it.</summary>
public class GradientTests
{
    private const int Rows = 6;

    public static TheoryData<string> Special() => Architectures.Names();

    [Theory]
    [MemberData(nameof(Special))]
    public void The_gradient_of_special_layers_is_the_slope_of_the_loss(string name)
    {
        NetworkSpec spec = Architectures.Get(name);
        foreach (LossKind loss in Enum.GetValues<LossKind>())
        {
            var options = new LearnerOptions { Loss = loss, HuberDelta = 0.7, MaxGradientNorm = 0, Target = TargetKind.Hard };
            using TrainedNetwork network = ForwardTests.Trained(spec, options);
            float[] parameters = ForwardTests.Parameters(spec);
            network.WriteParameters(parameters);
            network.UpdateTarget(1);
            SampledBatch batch = Batches.Random(spec, Rows, seed: 3);
            network.Begin(batch, 1e-3f);
            TrainResult result = network.End(new float[Rows]);
            NetworkState state = network.State();

            double[] exact = [.. parameters.Select(value => (double)value)];
            Assert.Equal(Loss(spec, options, batch, exact, exact), result.Loss, 1e-4);
            var random = new Pcg64(8);
            for (int sample = 0; sample < 60; sample++)
            {
                int at = random.NextInt(spec.ParameterCount);
                double slope = Slope(spec, options, batch, exact, at);
                Assert.Equal(slope, state.FirstMoment[at] / 0.1, 2e-3 * Math.Max(1, Math.Abs(slope)));
            }
        }
    }

    private static double Slope(NetworkSpec spec, LearnerOptions options, SampledBatch batch, double[] parameters, int at)
    {
        const double Step = 1e-6;
        double[] up = [.. parameters];
        double[] down = [.. parameters];
        up[at] += Step;
        down[at] -= Step;
        return (Loss(spec, options, batch, up, parameters) - Loss(spec, options, batch, down, parameters)) / (2 * Step);
    }

    private static double Loss(NetworkSpec spec, LearnerOptions options, SampledBatch batch, double[] online, double[] target)
    {
        var network = new ReferenceNetwork(spec);
        double sum = 0;
        for (int i = 0; i < batch.Count; i++)
        {
            int each = spec.ObservationBytes;
            double best = network.Outputs(target, batch.NextObservations.Slice(i * each, each)).Max();
            double value = network.Outputs(online, batch.Observations.Slice(i * each, each))[batch.Actions[i]];
            double error = batch.Returns[i] + (batch.Discounts[i] * best) - value;
            double size = Math.Abs(error);
            sum += batch.Weights[i] * (options.Loss == LossKind.Mse ? error * error
                : size <= options.HuberDelta ? 0.5 * error * error
                : options.HuberDelta * (size - (0.5 * options.HuberDelta)));
        }

        return sum / batch.Count;
    }
}
