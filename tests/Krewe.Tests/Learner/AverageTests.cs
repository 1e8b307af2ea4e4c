using Krewe.Contracts;
using Krewe.Learner;
using Krewe.Networks;

namespace Krewe.Tests;

public sealed class AverageTests : IDisposable
{
    private static readonly LearnerOptions s_options = new() { AverageTau = 0.1 };
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_policy_that_is_kept_is_the_average_and_actors_get_the_online_network()
    {
        (NetworkSpec spec, int count) = NetworkCases.All[3];
        using var network = new MlpNetwork(spec, s_options, new Pcg64(1));
        var expected = new double[spec.ParameterCount];
        foreach ((ulong seed, float share) in new[] { (1UL, 1f), (2UL, 0.5f), (3UL, 0.1f) })
        {
            Train(network, count, seed, share);
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
        Train(network, count, seed: 1, share: 0.5f);
        Assert.Equal(Online(network), LearnerState.Capture(spec, network.Visit).Parameters);
    }

    [Fact]
    public void A_file_keeps_the_average_and_a_restored_network_continues_with_its_bits()
    {
        (NetworkSpec spec, int count) = NetworkCases.All[3];
        using var first = new MlpNetwork(spec, s_options, new Pcg64(1));
        using var second = new MlpNetwork(spec, s_options, new Pcg64(2));
        Train(first, count, seed: 1, share: 0.5f);
        string path = _folder["learner.safetensors"];
        LearnerState saved = LearnerState.Capture(spec, first.Visit);
        using (FileStream stream = File.Create(path))
        {
            SafetensorsWriter.Write(stream, LearnerStateFile.FromState(saved));
        }

        LearnerState read = LearnerStateFile.ToState(SafetensorsReader.Read(path), path);
        Assert.Equal(saved.Parameters, read.Parameters);
        read.Restore(second.Visit);
        Train(first, count, seed: 2, share: 0.1f);
        Train(second, count, seed: 2, share: 0.1f);
        Assert.Equal(LearnerState.Capture(spec, first.Visit).Parameters, LearnerState.Capture(spec, second.Visit).Parameters);
    }

    private static void Train(MlpNetwork network, int count, ulong seed, float share)
    {
        using INetworkUpdate update = network.CreateUpdate(new DqnObjective(TemporalDifference.Of(s_options)));
        update.Begin(Batches.Random(network.Spec, count, seed), learningRate: 0.05f);
        update.End(new float[count]);
        network.UpdateAverage(share);
    }

    private static float[] Online(MlpNetwork network)
    {
        var parameters = new float[network.Spec.ParameterCount];
        network.ReadParameters(parameters);
        return parameters;
    }
}
