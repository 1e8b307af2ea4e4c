using Krewe.Contracts;
using Krewe.Learner;
using Krewe.Networks;

namespace Krewe.Tests;

public class DqnUpdateTests
{
    public static TheoryData<int, string> Shapes() => NetworkCases.Each();

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Consecutive_updates_are_those_of_the_double_precision_reference(int shape, string path)
    {
        (NetworkSpec spec, int count) = NetworkCases.All[shape];
        foreach (LossKind loss in Enum.GetValues<LossKind>())
        {
            foreach (TargetKind target in Enum.GetValues<TargetKind>())
            {
                // Epsilon is large so that the sign-like first steps of Adam do not blow rounding up: a relative error r of a
                // gradient then moves a parameter by less than r * learning rate.
                var options = new LearnerOptions
                {
                    Loss = loss,
                    Target = target,
                    MaxGradientNorm = 0.5,
                    AdamEpsilon = 1e-3,
                    BatchSize = count,
                };
                Compare(spec, count, options, path, updates: 4, learningRate: 1e-2f);
            }
        }
    }

    [Fact]
    public void A_bigger_batch_than_the_options_name_is_trained_on_all_the_same()
    {
        (NetworkSpec spec, int count) = NetworkCases.All[3];
        Compare(spec, count, new LearnerOptions { BatchSize = 2, AdamEpsilon = 1e-3 }, NetworkCases.Paths().First(), updates: 2, learningRate: 1e-2f);
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void The_same_inputs_give_the_same_bits(int shape, string path)
    {
        (NetworkSpec spec, int count) = NetworkCases.All[shape];
        Assert.Equal(Run(), Run());

        float[] Run()
        {
            var options = new LearnerOptions { BatchSize = count };
            using var network = TrainedNetwork.Mlp(spec, options, new Pcg64(3), NetworkCases.Path(path));
            for (ulong i = 0; i < 3; i++)
            {
                network.Train(Batches.Random(spec, count, i), 1e-3f, new float[count]);
                network.UpdateTarget(0.1f);
            }

            NetworkState state = network.State();
            return [.. state.Online, .. state.Target, .. state.FirstMoment, .. state.SecondMoment];
        }
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void An_update_allocates_nothing(int shape, string path)
    {
        (NetworkSpec spec, int count) = NetworkCases.All[shape];
        using var network = TrainedNetwork.Mlp(spec, new LearnerOptions { BatchSize = count }, new Pcg64(3), NetworkCases.Path(path));
        SampledBatch batch = Batches.Random(spec, count, 1);
        var errors = new float[count];
        var parameters = new float[spec.ParameterCount];
        Cycle();
        long before = GC.GetAllocatedBytesForCurrentThread();
        Cycle();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Cycle()
        {
            network.Train(batch, 1e-3f, errors);
            network.UpdateTarget(0.01f);
            network.UpdateTarget(1f);
            network.ReadParameters(parameters);
        }
    }

    private static void Compare(NetworkSpec spec, int count, LearnerOptions options, string path, int updates, float learningRate)
    {
        using var network = TrainedNetwork.Mlp(spec, options, new Pcg64(21), NetworkCases.Path(path));
        var parameters = new float[spec.ParameterCount];
        network.ReadParameters(parameters);
        var reference = new ReferenceDqn(spec, options);
        reference.Load(parameters);
        var errors = new float[count];
        for (int update = 0; update < updates; update++)
        {
            SampledBatch batch = Batches.Random(spec, count, seed: (ulong)(100 + update));
            (double loss, double meanQ, double norm, double[] expected) = reference.Train(batch, learningRate);
            TrainResult result = network.Train(batch, learningRate, errors);

            // Float rounding is 6e-8 a term; sums of up to 257 terms of size one lose about sqrt(257) of that, through three layers.
            Close(loss, result.Loss, 2e-5, "loss");
            Close(meanQ, result.MeanQ, 1e-5, "mean Q");
            Close(norm, result.GradientNorm, 2e-5, "gradient norm");
            for (int i = 0; i < count; i++)
            {
                Close(Math.Abs(expected[i]), errors[i], 1e-5, $"priority {i}");
            }

            if (options.Target == TargetKind.Soft)
            {
                network.UpdateTarget(0.25f);
                for (int i = 0; i < reference.Target.Length; i++)
                {
                    reference.Target[i] = (0.25 * reference.Online[i]) + (0.75 * reference.Target[i]);
                }
            }
            else if (options.Target == TargetKind.Hard && update == 1)
            {
                network.UpdateTarget(1f);
                reference.Online.CopyTo(reference.Target, 0);
            }
        }

        NetworkState state = network.State();
        Assert.Equal(updates, state.OptimizerSteps);
        for (int i = 0; i < parameters.Length; i++)
        {
            Close(reference.Online[i], state.Online[i], 2e-5, $"parameter {i}");
            Close(reference.FirstMoment[i], state.FirstMoment[i], 2e-6, $"first moment {i}");
            Close(reference.SecondMoment[i], state.SecondMoment[i], 1e-6, $"second moment {i}");
            if (options.Target != TargetKind.Off)
            {
                Close(reference.Target[i], state.Target[i], 2e-5, $"target parameter {i}");
            }
        }

        void Close(double wanted, double got, double tolerance, string what) => Assert.True(
            Math.Abs(wanted - got) <= tolerance * (1 + Math.Abs(wanted)),
            $"{spec} {options.Loss} {options.Target} {path}: {what} is {got}, expected {wanted}");
    }
}
