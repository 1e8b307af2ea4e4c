using Krewe.Contracts;
using Krewe.Learner;
using Krewe.Networks;

namespace Krewe.Tests;

public class GradientTests
{
    /// <summary>
    /// With beta1 = 0 Adam's first moment after one step is the gradient itself, scaled by clipping.
    /// </summary>
    internal static float[] GradientOf(TrainedNetwork network, SampledBatch batch, out TrainResult result)
    {
        result = network.Train(batch, 0f, new float[batch.Count]);
        NetworkState state = network.State();
        return state.FirstMoment;
    }

    public static TheoryData<int, LossKind, TargetKind, double> Cases()
    {
        var data = new TheoryData<int, LossKind, TargetKind, double>();
        for (int shape = 0; shape < NetworkCases.All.Length; shape++)
        {
            foreach (LossKind loss in Enum.GetValues<LossKind>())
            {
                foreach (TargetKind target in Enum.GetValues<TargetKind>())
                {
                    data.Add(shape, loss, target, 0);
                }

                data.Add(shape, loss, TargetKind.Hard, 0.05);
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_gradient_is_the_slope_of_the_loss(int shape, LossKind loss, TargetKind target, double maxNorm)
    {
        (NetworkSpec spec, int count) = NetworkCases.All[shape];
        var options = new LearnerOptions { AdamBeta1 = 0, Loss = loss, Target = target, MaxGradientNorm = maxNorm, BatchSize = count };
        using var network = TrainedNetwork.Mlp(spec, options, new Pcg64(11));
        SampledBatch batch = Batches.Random(spec, count, seed: 5);
        var parameters = new float[spec.ParameterCount];
        network.ReadParameters(parameters);
        var reference = new ReferenceDqn(spec, options);
        reference.Load(parameters);
        double[] targets = reference.Targets(batch);

        float[] gradient = GradientOf(network, batch, out TrainResult result);

        double scale = maxNorm > 0 ? Math.Min(1, maxNorm / (result.GradientNorm + 1e-6)) : 1;
        Assert.True(maxNorm == 0 || scale < 1, "the case is meant to clip");

        // Central differences of a piecewise quadratic function are exact but where a ReLU's or Huber's kink lies between the two
        // points; such a parameter is told by two step widths that disagree. Rounding: 1e-16 * loss / step is below 1e-9.
        var random = new Pcg64(3);
        int smooth = 0;
        int tried = Math.Min(count * gradient.Length > 1_000_000 ? 8 : 60, gradient.Length);
        for (int n = 0; n < tried; n++)
        {
            int i = tried == gradient.Length ? n : random.NextInt(gradient.Length);
            double wide = Slope(i, 1e-5);
            double narrow = Slope(i, 3e-6);
            if (Math.Abs(wide - narrow) > 1e-8)
            {
                continue;
            }

            smooth++;
            Assert.True(
                Math.Abs((scale * narrow) - gradient[i]) < 2e-6 + (1e-5 * Math.Abs(narrow)),
                $"{spec}: parameter {i} has slope {scale * narrow}, gradient {gradient[i]}");
        }

        Assert.True(smooth >= tried * 3 / 4, $"only {smooth} of {tried} parameters could be checked");

        double Slope(int i, double step)
        {
            double middle = reference.Online[i];
            reference.Online[i] = middle + step;
            double above = reference.Loss(reference.Online, batch, targets);
            reference.Online[i] = middle - step;
            double below = reference.Loss(reference.Online, batch, targets);
            reference.Online[i] = middle;
            return (above - below) / (2 * step);
        }
    }

    [Fact]
    public void The_reference_itself_is_the_slope_of_the_loss()
    {
        // The control: if this fails, the comparisons with the reference say nothing.
        (NetworkSpec spec, int count) = NetworkCases.All[3];
        var options = new LearnerOptions();
        var reference = new ReferenceDqn(spec, options);
        var parameters = new float[spec.ParameterCount];
        LinearInitialization.Fill(spec, new Pcg64(1), parameters);
        reference.Load(parameters);
        SampledBatch batch = Batches.Random(spec, count, seed: 2);
        double[] targets = reference.Targets(batch);
        double[] gradient = reference.Gradient(reference.Online, batch, targets);
        int wrong = 0;
        for (int i = 0; i < gradient.Length; i++)
        {
            double middle = reference.Online[i];
            reference.Online[i] = middle + 1e-6;
            double above = reference.Loss(reference.Online, batch, targets);
            reference.Online[i] = middle - 1e-6;
            double below = reference.Loss(reference.Online, batch, targets);
            reference.Online[i] = middle;
            wrong += Math.Abs(((above - below) / 2e-6) - gradient[i]) > 1e-7 ? 1 : 0;
        }

        Assert.InRange(wrong, 0, gradient.Length / 100);
    }
}
