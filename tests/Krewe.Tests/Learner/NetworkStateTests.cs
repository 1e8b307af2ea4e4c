using Krewe.Contracts;
using Krewe.Learner;
using Krewe.Networks;

namespace Krewe.Tests;

public class NetworkStateTests
{
    public static TheoryData<int, string> Shapes() => NetworkCases.Each();

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Forward_is_that_of_the_reference_for_any_count(int shape, string path)
    {
        (NetworkSpec spec, _) = NetworkCases.All[shape];
        using var network = TrainedNetwork.Mlp(spec, new LearnerOptions { BatchSize = 8 }, new Pcg64(4), NetworkCases.Path(path));
        using var inference = new InferenceNetwork(spec, NetworkCases.Path(path));
        var parameters = new float[spec.ParameterCount];
        network.ReadParameters(parameters);
        inference.WriteParameters(parameters);
        var reference = new ReferenceDqn(spec, new LearnerOptions());
        reference.Load(parameters);
        foreach (int count in new[] { 0, 1, 7, 8, 9, 32, 33, 100 })
        {
            var observations = new byte[count * spec.ObservationBytes];
            Batches.Observations(spec, observations, new Pcg64((ulong)count));
            var values = new float[count * spec.ActionCount];
            float[] others;
            network.ReadParameters(others = new float[spec.ParameterCount]);
            Assert.Equal(parameters, others);
            others = new float[count * spec.ActionCount];
            network.Forward(observations, count, values);
            inference.Forward(observations, count, others);
            Assert.Equal(values, others);
            double[][] inputs = reference.Inputs(observations, count);
            for (int row = 0; row < count; row++)
            {
                double[] expected = reference.Layers(reference.Online, inputs[row])[^1];
                float[] got = values[(row * spec.ActionCount)..((row + 1) * spec.ActionCount)];
                for (int a = 0; a < expected.Length; a++)
                {
                    Assert.Equal(expected[a], got[a], 5e-6);
                }
            }
        }
    }

    [Fact]
    public void A_NaN_observation_gives_NaN_values_on_every_path()
    {
        NetworkSpec spec = Batches.Spec(ElementType.Float32, 2, [40, 40], 2);
        foreach (string path in NetworkCases.Paths())
        {
            using var network = TrainedNetwork.Mlp(spec, new LearnerOptions(), new Pcg64(4), NetworkCases.Path(path));
            var values = new float[2];
            network.Forward(System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>([float.NaN, 1f]), 1, values);
            Assert.All(values, value => Assert.True(float.IsNaN(value)));
        }
    }

    [Fact]
    public void Initial_parameters_are_uniform_within_one_over_the_root_of_the_inputs()
    {
        NetworkSpec spec = Batches.Spec(ElementType.Float32, 9, [400, 300], 5);
        using var network = TrainedNetwork.Mlp(spec, new LearnerOptions(), new Pcg64(7));
        var parameters = new float[spec.ParameterCount];
        network.ReadParameters(parameters);
        foreach (LayerSpec layer in spec.Layers)
        {
            Check(layer.WeightOffset, layer.Inputs * layer.Outputs);
            Check(layer.BiasOffset, layer.Outputs);

            void Check(int offset, int count)
            {
                double bound = 1 / Math.Sqrt(layer.Inputs);
                double[] scaled = parameters[offset..(offset + count)].Select(x => x / bound).ToArray();
                Assert.All(scaled, x => Assert.InRange(x, -1.0000001, 1.0000001));

                // Uniform in (-1, 1): the mean has standard deviation 1/sqrt(3n), the mean square 1/3 with sqrt(4/45n); five of each.
                Assert.InRange(scaled.Average(), -5 / Math.Sqrt(3.0 * count), 5 / Math.Sqrt(3.0 * count));
                Assert.InRange(scaled.Average(x => x * x) - (1 / 3.0), -5 * Math.Sqrt(4 / (45.0 * count)), 5 * Math.Sqrt(4 / (45.0 * count)));
            }
        }
    }

    [Fact]
    public void The_seed_decides_the_initial_parameters()
    {
        (NetworkSpec spec, _) = NetworkCases.All[3];
        Assert.Equal(Draw(1), Draw(1));
        Assert.NotEqual(Draw(1), Draw(2));

        float[] Draw(ulong seed)
        {
            var parameters = new float[spec.ParameterCount];
            using var network = TrainedNetwork.Mlp(spec, new LearnerOptions(), new Pcg64(seed));
            network.ReadParameters(parameters);
            return parameters;
        }
    }

    [Theory]
    [InlineData(1f)]
    [InlineData(0.25f)]
    [InlineData(0.005f)]
    public void UpdateTarget_moves_the_target_by_the_share(float tau)
    {
        (NetworkSpec spec, int count) = NetworkCases.All[3];
        using var network = TrainedNetwork.Mlp(spec, new LearnerOptions(), new Pcg64(1));
        network.Train(Batches.Random(spec, count, 1), 0.1f, new float[count]);
        NetworkState before = network.State();
        Assert.NotEqual(before.Online, before.Target);
        network.UpdateTarget(tau);
        NetworkState after = network.State();
        Assert.Equal(before.Online, after.Online);
        for (int i = 0; i < after.Target.Length; i++)
        {
            Assert.Equal((tau * (double)before.Online[i]) + ((1 - (double)tau) * before.Target[i]), after.Target[i], 1e-6);
        }

        if (tau == 1)
        {
            Assert.Equal(after.Online, after.Target);
        }
    }

    [Theory]
    [InlineData(0f)]
    [InlineData(-1f)]
    [InlineData(1.5f)]
    [InlineData(float.NaN)]
    public void UpdateTarget_refuses_an_invalid_share(float tau)
    {
        using var network = TrainedNetwork.Mlp(NetworkCases.All[1].Spec, new LearnerOptions(), new Pcg64(1));
        Assert.Throws<ArgumentOutOfRangeException>(() => network.UpdateTarget(tau));
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void A_restored_network_continues_with_the_same_bits(int shape, string path)
    {
        (NetworkSpec spec, int count) = NetworkCases.All[shape];
        var options = new LearnerOptions { BatchSize = count };
        using var first = TrainedNetwork.Mlp(spec, options, new Pcg64(1), NetworkCases.Path(path));
        using var second = TrainedNetwork.Mlp(spec, options, new Pcg64(2), NetworkCases.Path(path));
        Step(first, 1);
        Step(first, 2);
        NetworkState state = first.State();
        second.WriteState(state);
        Step(first, 3);
        Step(second, 3);
        NetworkState left = first.State();
        NetworkState right = second.State();
        Assert.Equal(left.Online, right.Online);
        Assert.Equal(left.Target, right.Target);
        Assert.Equal(left.FirstMoment, right.FirstMoment);
        Assert.Equal(left.SecondMoment, right.SecondMoment);
        Assert.Equal(3, right.OptimizerSteps);

        void Step(TrainedNetwork network, ulong seed)
        {
            network.Train(Batches.Random(spec, count, seed), 1e-3f, new float[count]);
            network.UpdateTarget(0.5f);
        }
    }

    [Fact]
    public void A_network_of_more_parameters_than_an_array_holds_is_refused()
    {
        // 65536 * 65536 is 0 in 32 bits: unnoticed, kernels would write far beyond their buffers.
        ArgumentOutOfRangeException refusal =
            Assert.Throws<ArgumentOutOfRangeException>(() => Batches.Spec(ElementType.Float32, 4, [65536, 65536], 2));
        Assert.Contains("4-65536-65536-2", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Wrong_shapes_are_refused()
    {
        NetworkSpec spec = Batches.Spec(ElementType.Int32, 5, [4], 2);
        using var network = TrainedNetwork.Mlp(spec, new LearnerOptions(), new Pcg64(1));
        Assert.Throws<ArgumentException>(() => network.WriteParameters(new float[3]));
        Assert.Throws<ArgumentException>(() => network.Forward(new byte[7], 2, new float[4]));
        Assert.Throws<ArgumentException>(() => network.Forward(new byte[8], 2, new float[3]));
        Assert.Throws<ArgumentException>(() => network.Forward([5, 0, 0, 0], 1, new float[2]));
        Assert.Throws<InvalidDataFormatException>(() => network.WriteState(new NetworkState(Batches.Spec(ElementType.Int32, 6, [4], 2))));
        SampledBatch batch = Batches.Random(spec, 3, 1);
        Assert.Throws<ArgumentException>(() => network.Train(batch, 1e-3f, new float[2]));
        Assert.Throws<ArgumentOutOfRangeException>(() => network.Train(batch, float.NaN, new float[3]));
        Assert.Throws<ArgumentOutOfRangeException>(() => network.Train(batch, -1f, new float[3]));
        batch.Actions[1] = 2;
        ArgumentException refusal = Assert.Throws<ArgumentException>(() => network.Train(batch, 1e-3f, new float[3]));
        Assert.Contains("action of sample 1 is 2, expected 0 to 1", refusal.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new InferenceNetwork(new NetworkSpec(ElementType.Int32, 2, 5, [4], 2)));
        SampledBatch other = Batches.Random(Batches.Spec(ElementType.Float32, 5, [4], 2), 3, 1);
        Assert.Throws<ArgumentException>(() => network.Train(other, 1e-3f, new float[3]));
    }
}
