using Krewe.Contracts;
using Krewe.Learner;
using Krewe.Networks;

namespace Krewe.Tests;

/// <summary>Layer normalization, dueling streams and heads of several outputs, against a reference in double precision.</summary>
public class ArchitectureTests
{
    // More than one block, the second with an odd number of rows.
    private const int Rows = 64 + 7;

    public static TheoryData<ElementType, int, string> Cases()
    {
        var data = new TheoryData<ElementType, int, string>();
        foreach (string path in NetworkCases.Paths())
        {
            foreach (ElementType type in Enum.GetValues<ElementType>())
            {
                for (int hidden = 0; hidden <= 2; hidden++)
                {
                    data.Add(type, hidden, path);
                }
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Outputs_and_values_are_those_of_the_reference(ElementType type, int hidden, string path)
    {
        foreach (NetworkSpec spec in Specs(type, hidden))
        {
            (MlpNetwork network, float[] parameters, byte[] observations, int[] actions) = Create(spec, path);
            using INetworkPass pass = network.CreatePass();
            int width = spec.Head.Outputs;
            var outputs = new float[64 * spec.OutputCount];
            var chosen = new float[64 * width];
            pass.Forward(NetworkParameters.Online, observations, 64, outputs);
            pass.ForwardChosen(observations.AsSpan(0, 64 * spec.ObservationBytes), actions.AsSpan(0, 64), chosen);
            var reference = new ReferenceNetwork(spec);
            double[] exact = [.. parameters.Select(value => (double)value)];
            for (int row = 0; row < 64; row++)
            {
                double[] expected = reference.Outputs(exact, observations.AsSpan(row * spec.ObservationBytes, spec.ObservationBytes));
                for (int i = 0; i < expected.Length; i++)
                {
                    Close(expected[i], outputs[(row * spec.OutputCount) + i], 1e-5, $"{spec}: output {i}");
                }

                for (int i = 0; i < width; i++)
                {
                    Close(expected[(actions[row] * width) + i], chosen[(row * width) + i], 1e-5, $"{spec}: output {i} of action {actions[row]}");
                }
            }

            var values = new float[Rows * spec.ActionCount];
            var acting = new float[values.Length];
            var expectations = new float[64 * spec.ActionCount];
            network.Forward(observations, Rows, values);
            spec.Head.Expect(outputs, expectations);
            Assert.Equal(expectations, values[..expectations.Length]);
            using var inference = new InferenceNetwork(spec, NetworkCases.Path(path));
            inference.WriteParameters(parameters);
            inference.Forward(observations, Rows, acting);
            Assert.Equal(values, acting);
            var back = new float[parameters.Length];
            inference.ReadParameters(back);
            Assert.Equal(parameters, back);
            network.ReadParameters(back);
            Assert.Equal(parameters, back);
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_gradient_is_the_slope_of_the_outputs(ElementType type, int hidden, string path)
    {
        foreach (NetworkSpec spec in Specs(type, hidden))
        {
            (MlpNetwork network, float[] parameters, byte[] observations, int[] actions) = Create(spec, path);
            int width = spec.Head.Outputs;
            var random = new Pcg64(9);
            float[] factors = [.. Enumerable.Range(0, Rows * width).Select(_ => (float)random.NextUniform(-1, 1))];
            float[] gradient = Gradient(network, observations, actions, factors);
            var reference = new ReferenceNetwork(spec);
            double[] exact = [.. parameters.Select(value => (double)value)];
            int smooth = 0;
            int tried = Math.Min(24, gradient.Length);
            for (int n = 0; n < tried; n++)
            {
                // Every kind of parameter is at the end of some layer.
                int i = n < spec.Tensors.Length ? spec.Tensors[n].Offset + random.NextInt(spec.Tensors[n].Length) : random.NextInt(gradient.Length);
                double wide = Slope(i, 1e-5);
                double narrow = Slope(i, 3e-6);
                if (Math.Abs(wide - narrow) > 1e-5 * (1 + Math.Abs(narrow)))
                {
                    continue;
                }

                smooth++;
                Close(narrow, gradient[i], 1e-4, $"{spec} {type} {path}: the gradient of parameter {i}");
            }

            Assert.True(smooth >= tried * 2 / 3, $"only {smooth} of {tried} parameters of {spec} could be checked");

            double Slope(int i, double step)
            {
                double middle = exact[i];
                exact[i] = middle + step;
                double above = Sum();
                exact[i] = middle - step;
                double below = Sum();
                exact[i] = middle;
                return (above - below) / (2 * step);
            }

            double Sum()
            {
                double sum = 0;
                for (int row = 0; row < Rows; row++)
                {
                    double[] outputs = reference.Outputs(exact, observations.AsSpan(row * spec.ObservationBytes, spec.ObservationBytes));
                    for (int j = 0; j < width; j++)
                    {
                        sum += factors[(row * width) + j] * outputs[(actions[row] * width) + j];
                    }
                }

                return sum;
            }
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void An_update_gives_the_same_bits_again_and_allocates_nothing(ElementType type, int hidden, string path)
    {
        foreach (NetworkSpec spec in Specs(type, hidden).Where(spec => spec.Head.Kind == HeadKind.Categorical))
        {
            Assert.Equal(Run(), Run());

            float[] Run()
            {
                using var network = TrainedNetwork.Mlp(
                    spec, new LearnerOptions { BatchSize = Rows }, new Pcg64(3), NetworkCases.Path(path), new C51Objective(spec.Head));
                SampledBatch batch = Batches.Random(spec, Rows, 1);
                var priorities = new float[Rows];
                network.Train(batch, 1e-3f, priorities);
                long before = GC.GetAllocatedBytesForCurrentThread();
                network.Train(batch, 1e-3f, priorities);
                network.UpdateTarget(0.1f);
                network.Train(batch, 1e-3f, priorities);
                Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
                NetworkState state = network.State();
                return [.. state.Online, .. state.Target, .. state.FirstMoment, .. state.SecondMoment, .. priorities];
            }
        }
    }

    [Fact]
    public void A_NaN_observation_gives_NaN_values()
    {
        foreach (string path in NetworkCases.Paths())
        {
            foreach (NetworkSpec spec in Specs(ElementType.Float32, 2))
            {
                (MlpNetwork network, _, byte[] observations, _) = Create(spec, path);
                System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(observations.AsSpan())[1] = float.NaN;
                var values = new float[spec.ActionCount];
                network.Forward(observations, 1, values);
                Assert.All(values, value => Assert.True(float.IsNaN(value), $"{spec} {path}"));
            }
        }
    }

    [Fact]
    public void Convolutions_are_refused()
    {
        var spec = new NetworkSpec(
            ElementType.UInt8, 81, 81, new NetworkArchitecture([4]) { Convolutions = [new(2, 3, 2)] }, actionCount: 2, new ImageShape(1, 9, 9));
        Assert.Contains("no convolutions", Assert.Throws<ArgumentException>(() => new MlpNetwork(spec, new LearnerOptions(), new Pcg64(1))).Message, StringComparison.Ordinal);
    }

    private static IEnumerable<NetworkSpec> Specs(ElementType type, int hidden)
    {
        foreach (HeadSpec head in new[] { HeadSpec.Value, HeadSpec.Quantiles(2), HeadSpec.Categorical(51, -3, 5) })
        {
            foreach (bool dueling in new[] { false, true })
            {
                foreach (bool norm in new[] { false, true })
                {
                    var architecture = new NetworkArchitecture([.. new[] { 21, 16 }.Take(hidden)]) { LayerNorm = norm, Dueling = dueling, Head = head };
                    yield return new NetworkSpec(type, type == ElementType.Int32 ? 1 : 18, 18, architecture, actionCount: 3, image: null);
                }
            }
        }
    }

    /// <summary>A network with parameters without special values: gains are not 1, biases not 0.</summary>
    private static (MlpNetwork Network, float[] Parameters, byte[] Observations, int[] Actions) Create(NetworkSpec spec, string path)
    {
        var network = new MlpNetwork(spec, new LearnerOptions { AdamBeta1 = 0, MaxGradientNorm = 0 }, new Pcg64(1), NetworkCases.Path(path));
        var random = new Pcg64(7);
        float[] parameters = [.. Enumerable.Range(0, spec.ParameterCount).Select(_ => (float)random.NextUniform(-0.5, 0.7))];
        network.WriteParameters(parameters);
        var observations = new byte[Rows * spec.ObservationBytes];
        Batches.Observations(spec, observations, random);
        return (network, parameters, observations, [.. Enumerable.Range(0, Rows).Select(_ => random.NextInt(spec.ActionCount))]);
    }

    /// <summary>The sum over two blocks; with beta1 = 0 Adam's first moment after one step is the gradient.</summary>
    private static float[] Gradient(MlpNetwork network, byte[] observations, int[] actions, float[] outputGradients)
    {
        NetworkSpec spec = network.Spec;
        using INetworkPass pass = network.CreatePass();
        pass.ClearGradient();
        for (int row = 0; row < Rows; row += 64)
        {
            int rows = Math.Min(64, Rows - row);
            ReadOnlySpan<byte> block = observations.AsSpan(row * spec.ObservationBytes, rows * spec.ObservationBytes);
            pass.ForwardChosen(block, actions.AsSpan(row, rows), new float[rows * spec.Head.Outputs]);
            pass.Backward(block, actions.AsSpan(row, rows), outputGradients.AsSpan(row * spec.Head.Outputs, rows * spec.Head.Outputs));
        }

        network.Apply(pass, network.SumGradients([pass]), learningRate: 0);
        return NetworkState.Of(network).FirstMoment;
    }

    private static void Close(double expected, double actual, double tolerance, string what) =>
        Assert.True(Math.Abs(expected - actual) <= tolerance * (1 + Math.Abs(expected)), $"{what} is {actual}, expected {expected}");
}
