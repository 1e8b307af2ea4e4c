using Krewe.Contracts;
using Krewe.Learner;
using Krewe.Networks;
using Krewe.Tests;
using TorchSharp;

namespace Krewe.Torch.Tests;

/// <summary>The forward pass of the torch backend agrees with that of the actors, which run without libtorch.</summary>
public class ForwardTests
{
    private const int Rows = 11;

    public static TheoryData<string> Special() => Architectures.Names();

    public static TheoryData<int> Plain() => [.. Enumerable.Range(0, NetworkCases.All.Length)];

    [Theory]
    [MemberData(nameof(Special))]
    public void Q_values_of_special_layers_are_those_of_the_papers_on_both_sides(string name)
    {
        NetworkSpec spec = Architectures.Get(name);
        float[] parameters = Parameters(spec);
        byte[] observations = new byte[Rows * spec.ObservationBytes];
        Batches.Observations(spec, observations, new Pcg64(5));
        var reference = new ReferenceNetwork(spec);
        double[] exact = [.. parameters.Select(value => (double)value)];
        float[] torch = QValues(Torch(spec), parameters, observations);
        float[] acting = QValues(new InferenceNetwork(spec), parameters, observations);
        for (int row = 0; row < Rows; row++)
        {
            double[] expected = reference.Outputs(exact, observations.AsSpan(row * spec.ObservationBytes, spec.ObservationBytes));
            for (int action = 0; action < spec.ActionCount; action++)
            {
                Assert.Equal(expected[action], torch[(row * spec.ActionCount) + action], 1e-5);
                Assert.Equal(expected[action], acting[(row * spec.ActionCount) + action], 1e-5);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Plain))]
    public void Q_values_of_plain_layers_are_the_managed_backends(int shape)
    {
        (NetworkSpec spec, int rows) = NetworkCases.All[shape];
        float[] parameters = Parameters(spec);
        byte[] observations = new byte[rows * spec.ObservationBytes];
        Batches.Observations(spec, observations, new Pcg64(5));
        float[] torch = QValues(Torch(spec), parameters, observations);
        float[] managed = QValues(new InferenceNetwork(spec), parameters, observations);
        Assert.All(torch.Zip(managed), pair => Assert.Equal(pair.First, pair.Second, 1e-5f * Math.Max(2, Math.Abs(pair.First))));
    }

    [Fact]
    public void Parameters_come_out_as_they_went_in_and_start_as_the_managed_backends()
    {
        (NetworkSpec spec, _) = NetworkCases.All[3];
        using var torch = new TorchNetwork(spec, new LearnerOptions { Device = DeviceName.Cpu }, new Pcg64(9));
        using var managed = new MlpNetwork(spec, new LearnerOptions(), new Pcg64(9));
        var ours = new float[spec.ParameterCount];
        var theirs = new float[spec.ParameterCount];
        torch.ReadParameters(ours);
        managed.ReadParameters(theirs);
        Assert.Equal(theirs, ours);
        float[] other = Parameters(spec);
        torch.WriteParameters(other);
        torch.ReadParameters(ours);
        Assert.Equal(other, ours);
    }

    internal static TrainedNetwork Trained(NetworkSpec spec, LearnerOptions? options = null, int? stepsAhead = null, IObjective? objective = null) =>
        new(Torch(spec, options, stepsAhead), options ?? new LearnerOptions(), objective);

    internal static TorchNetwork Torch(NetworkSpec spec, LearnerOptions? options = null, int? stepsAhead = null) =>
        new(spec, options ?? new LearnerOptions(), new Pcg64(1), new torch.Device(DeviceType.CPU), stepsAhead);

    /// <summary>Parameters without special values: gains are not 1, biases not 0.</summary>
    internal static float[] Parameters(NetworkSpec spec)
    {
        var random = new Pcg64(77);
        var parameters = new float[spec.ParameterCount];
        foreach (ref float parameter in parameters.AsSpan())
        {
            parameter = (float)random.NextUniform(-0.5, 0.7);
        }

        return parameters;
    }

    private static float[] QValues(IQNetwork network, float[] parameters, byte[] observations)
    {
        using (network)
        {
            int rows = observations.Length / network.Spec.ObservationBytes;
            var values = new float[rows * network.Spec.ActionCount];
            network.WriteParameters(parameters);
            network.Forward(observations, rows, values);
            return values;
        }
    }
}
