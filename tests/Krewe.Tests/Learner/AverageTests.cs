using Krewe.Contracts;
using Krewe.Learner;
using Krewe.Networks;

namespace Krewe.Tests;

public sealed class AverageTests : IDisposable
{
    private static readonly LearnerOptions Averaging = new() { AverageTau = 0.4 };
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_policy_that_is_kept_is_the_average_and_actors_get_the_online_network()
    {
        (NetworkSpec spec, int count) = NetworkCases.All[3];
        using var network = new MlpNetwork(spec, Averaging, new Pcg64(1));
        var expected = new double[spec.ParameterCount];
        foreach ((ulong seed, double share) in new[] { (1UL, 1), (2UL, 0.5), (3UL, 0.4), (4UL, 0.4) })
        {
            Train(network, count, seed);
            float[] online = Online(network);
            for (int i = 0; i < expected.Length; i++)
            {
                expected[i] += share * (online[i] - expected[i]);
            }
        }

        float[] kept = LearnerState.Capture(spec, network.Visit).Parameters;
        Assert.NotEqual(Online(network), kept);
        Assert.All(expected.Zip(kept), pair => Assert.Equal(pair.First, pair.Second, tolerance: 1e-6));
    }

    [Fact]
    public void A_learner_without_an_average_keeps_the_online_network()
    {
        (NetworkSpec spec, int count) = NetworkCases.All[3];
        using var network = new MlpNetwork(spec, new LearnerOptions(), new Pcg64(1));
        Train(network, count, seed: 1);
        Assert.Equal(Online(network), LearnerState.Capture(spec, network.Visit).Parameters);
    }

    [Fact]
    public void A_file_keeps_the_average_and_a_restored_network_continues_with_its_bits()
    {
        (NetworkSpec spec, int count) = NetworkCases.All[3];
        using var first = new MlpNetwork(spec, Averaging, new Pcg64(1));
        using var second = new MlpNetwork(spec, Averaging, new Pcg64(2));
        Train(first, count, seed: 1);
        string path = _folder["learner.safetensors"];
        LearnerState saved = LearnerState.Capture(spec, first.Visit);
        using (FileStream stream = File.Create(path))
        {
            SafetensorsWriter.Write(stream, LearnerStateFile.FromState(saved));
        }

        LearnerState read = LearnerStateFile.ToState(SafetensorsReader.Read(path), path);
        Assert.Equal(saved.Parameters, read.Parameters);
        read.Restore(second.Visit);
        Train(first, count, seed: 2);
        Train(second, count, seed: 2);
        Assert.Equal(LearnerState.Capture(spec, first.Visit).Parameters, LearnerState.Capture(spec, second.Visit).Parameters);
    }

    private static void Train(MlpNetwork network, int count, ulong seed)
    {
        using INetworkUpdate update = network.CreateUpdate(new DqnObjective(TemporalDifference.Of(Averaging)));
        update.Begin(Batches.Random(network.Spec, count, seed), learningRate: 0.05f);
        update.End(new float[count]);
    }

    private static float[] Online(MlpNetwork network)
    {
        var parameters = new float[network.Spec.ParameterCount];
        network.ReadParameters(parameters);
        return parameters;
    }
}
