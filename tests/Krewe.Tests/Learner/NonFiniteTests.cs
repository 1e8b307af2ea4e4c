using System.Runtime.InteropServices;
using Krewe.Contracts;
using Krewe.Learner;
using Krewe.Networks;

namespace Krewe.Tests;

public class NonFiniteTests
{
    private static readonly NetworkSpec Net = Batches.Spec(ElementType.Float32, 4, [10, 9], 3);

    public static TheoryData<string, float, string> Poisons()
    {
        var data = new TheoryData<string, float, string>();
        foreach (float value in new[] { float.NaN, float.PositiveInfinity, float.NegativeInfinity })
        {
            data.Add("observation", value, "the observation of sample 3, element 2 was already");
            data.Add("next", value, "the next observation of sample 3, element 2 was already");
            data.Add("return", value, "the return of sample 3 was already");
            data.Add("discount", value, "the discount of sample 3 was already");
            data.Add("weight", value, "the weight of sample 3 was already");
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Poisons))]
    public void A_batch_with_a_bad_number_is_refused_by_name_and_changes_nothing(string where, float value, string message)
    {
        foreach (string path in NetworkCases.Paths())
        {
            using var network = TrainedNetwork.Mlp(Net, new LearnerOptions(), new Pcg64(1), NetworkCases.Path(path));
            network.Train(Batches.Random(Net, 8, 1), 1e-3f, new float[8]);
            SampledBatch batch = Batches.Random(Net, 8, 2);
            Span<float> column = where switch
            {
                "observation" => MemoryMarshal.Cast<byte, float>(batch.Observations)[((3 * 4) + 2)..],
                "next" => MemoryMarshal.Cast<byte, float>(batch.NextObservations)[((3 * 4) + 2)..],
                "return" => batch.Returns[3..],
                "discount" => batch.Discounts[3..],
                _ => batch.Weights[3..],
            };
            column[0] = value;
            Refuses(network, batch, message);
        }
    }

    [Fact]
    public void Diverged_parameters_are_told_from_a_bad_batch()
    {
        using var network = TrainedNetwork.Mlp(Net, new LearnerOptions(), new Pcg64(1));
        var parameters = new float[Net.ParameterCount];
        Array.Fill(parameters, 1e30f);
        network.WriteParameters(parameters);
        Refuses(network, Batches.Random(Net, 8, 2), "the batch itself is finite");
    }

    [Fact]
    public void A_gradient_that_overflows_is_refused()
    {
        // Huber's loss and derivative stay finite, the gradient of the first layer goes through 1e25 * 1e25.
        NetworkSpec spec = Batches.Spec(ElementType.Float32, 1, [1, 1], 1);
        using var network = TrainedNetwork.Mlp(spec, new LearnerOptions { Loss = LossKind.Huber }, new Pcg64(1));
        network.WriteParameters([1e-25f, 1e-25f, 1e25f, 0f, 1e25f, 0f]);
        SampledBatch batch = Batches.Random(spec, 4, 2);
        MemoryMarshal.Cast<byte, float>(batch.Observations).Fill(1f);
        batch.Discounts.Clear();
        Refuses(network, batch, "the gradient norm is");
    }

    [Fact]
    public void The_target_of_a_network_without_one_is_the_online_network_in_its_state()
    {
        using var network = TrainedNetwork.Mlp(Net, new LearnerOptions { Target = TargetKind.Off }, new Pcg64(1));
        network.Train(Batches.Random(Net, 8, 1), 1e-3f, new float[8]);
        NetworkState state = network.State();
        Assert.Equal(state.Online, state.Target);
    }

    private static void Refuses(TrainedNetwork network, SampledBatch batch, string message)
    {
        NetworkState before = network.State();
        network.Begin(batch, 1e-3f);
        NonFiniteUpdateException refusal = Assert.Throws<NonFiniteUpdateException>(() => network.End(new float[batch.Count]));
        Assert.Throws<NonFiniteUpdateException>(() => network.Train(batch, 1e-3f, new float[batch.Count]));
        Assert.Contains(message, refusal.Message, StringComparison.Ordinal);
        Assert.Contains($"update {before.OptimizerSteps + 1} was rejected", refusal.Message, StringComparison.Ordinal);
        NetworkState after = network.State();
        Assert.Equal(before.Online, after.Online);
        Assert.Equal(before.Target, after.Target);
        Assert.Equal(before.FirstMoment, after.FirstMoment);
        Assert.Equal(before.SecondMoment, after.SecondMoment);
        Assert.Equal(before.OptimizerSteps, after.OptimizerSteps);
    }
}
