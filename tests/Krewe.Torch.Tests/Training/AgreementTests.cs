using System.Collections.Immutable;
using Krewe.Contracts;
using Krewe.Learner;
using Krewe.Networks;
using Krewe.Tests;

namespace Krewe.Torch.Tests;

/// <summary>From the same start, the same batches give the same parameters on both backends.</summary>
public class AgreementTests
{
    public static TheoryData<int, LossKind, TargetKind> Cases()
    {
        var data = new TheoryData<int, LossKind, TargetKind>();
        for (int shape = 0; shape < NetworkCases.All.Length; shape++)
        {
            foreach (LossKind loss in Enum.GetValues<LossKind>())
            {
                foreach (TargetKind target in Enum.GetValues<TargetKind>())
                {
                    data.Add(shape, loss, target);
                }
            }
        }

        return data;
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Gradients_at_the_inputs_and_of_the_parameters_agree(bool dueling)
    {
        const int Rows = 12;
        var spec = new NetworkSpec(new BoxSpace(-1, 1, [5]), new NetworkArchitecture([16, 8]) { Dueling = dueling }, 3);
        using var managed = new MlpNetwork(spec, new LearnerOptions(), new Pcg64(4));
        using var torch = new TorchNetwork(spec, new LearnerOptions { Device = "cpu" }, new Pcg64(4));
        var random = new Pcg64(8);
        float[] inputs = [.. Enumerable.Range(0, Rows * 5).Select(_ => (2 * random.NextSingle()) - 1)];
        int[] actions = [.. Enumerable.Range(0, Rows).Select(_ => random.NextInt(3))];
        float[] gradients = [.. Enumerable.Range(0, Rows).Select(_ => (2 * random.NextSingle()) - 1)];
        (float[] expected, float norm) = Of(managed);
        (float[] actual, float ours) = Of(torch);
        Assert.Equal(norm, ours, 1e-5f * norm);
        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, 1e-5f));

        (float[] InputGradients, float Norm) Of(INetwork network)
        {
            using INetworkPass pass = network.CreatePass();
            ReadOnlySpan<byte> rows = System.Runtime.InteropServices.MemoryMarshal.AsBytes(inputs.AsSpan());
            var result = new float[Rows * 5];
            pass.ClearGradient();
            pass.ForwardChosen(rows, actions, new float[Rows]);
            pass.Backward(rows, actions, gradients, result);
            return (result, network.SumGradients([pass]));
        }
    }

    [Fact]
    public void Averages_agree()
    {
        (NetworkSpec spec, int rows) = NetworkCases.All[3];
        LearnerOptions options = Options(LossKind.Mse, TargetKind.Hard, rows);
        options.AverageTau = 0.4;
        using var managed = new MlpNetwork(spec, options, new Pcg64(4));
        using var torch = new TorchNetwork(spec, options, new Pcg64(4));
        using INetworkUpdate ours = managed.CreateUpdate(new DqnObjective(TemporalDifference.Of(options)));
        using INetworkUpdate theirs = torch.CreateUpdate(new DqnObjective(TemporalDifference.Of(options)));
        for (ulong update = 1; update <= 4; update++)
        {
            foreach (INetworkUpdate each in new[] { ours, theirs })
            {
                each.Begin(Batches.Random(spec, rows, update), 1e-3f);
                each.End(new float[rows]);
            }
        }

        LearnerState expected = LearnerState.Capture(spec, managed.Visit);
        Assert.NotEqual(new NetworkState(expected).Online, expected.Parameters);
        Assert.All(expected.Parameters.Zip(LearnerState.Capture(spec, torch.Visit).Parameters), pair => Assert.Equal(pair.First, pair.Second, 1e-5f));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Parameters_agree_to_1e_6_after_one_update_and_to_1e_3_relative_after_200(int shape, LossKind loss, TargetKind target)
    {
        (NetworkSpec spec, int rows) = NetworkCases.All[shape];
        LearnerOptions options = Options(loss, target, rows);
        using var managed = TrainedNetwork.Mlp(spec, options, new Pcg64(4));
        using TrainedNetwork torch = Started(managed, options);
        for (int update = 1; update <= 200; update++)
        {
            SampledBatch batch = Batches.Random(spec, rows, (ulong)update);
            var theirs = new float[rows];
            var ours = new float[rows];
            managed.Begin(batch, 1e-4f);
            torch.Begin(batch, 1e-4f);
            TrainResult expected = managed.End(theirs);
            TrainResult actual = torch.End(ours);
            if (update == 1)
            {
                AssertClose(expected.Loss, actual.Loss, 1e-5);
                AssertClose(expected.MeanQ, actual.MeanQ, 1e-5);
                AssertClose(expected.GradientNorm, actual.GradientNorm, 1e-5);
                Assert.All(theirs.Zip(ours), pair => AssertClose(pair.First, pair.Second, 1e-5));
                Assert.InRange(LargestDifference(State(managed).Online, State(torch).Online), 0, 1e-6);
            }

            if (target == TargetKind.Soft || (target == TargetKind.Hard && update % 50 == 0))
            {
                float tau = target == TargetKind.Soft ? 0.01f : 1;
                managed.UpdateTarget(tau);
                torch.UpdateTarget(tau);
            }
        }

        NetworkState simd = State(managed);
        NetworkState libtorch = State(torch);
        Assert.InRange(Relative(simd.Online, libtorch.Online), 0, 1e-3);
        Assert.InRange(Relative(simd.FirstMoment, libtorch.FirstMoment), 0, 3e-2);
        Assert.InRange(Relative(simd.SecondMoment, libtorch.SecondMoment), 0, 3e-2);
        if (target != TargetKind.Off)
        {
            Assert.InRange(Relative(simd.Target, libtorch.Target), 0, 1e-3);
        }

        Assert.Equal(simd.OptimizerSteps, libtorch.OptimizerSteps);
    }

    public static TheoryData<string, string> Objectives()
    {
        var data = new TheoryData<string, string>();
        foreach (string objective in new[] { "dqn", "double_dqn", "c51" })
        {
            foreach ((string name, NetworkSpec spec) in Architectures.All.Where(one => one.Spec.Convolutions.IsEmpty))
            {
                data.Add(objective, name);
            }

            data.Add(objective, "plain");
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Objectives))]
    public void The_objectives_agree_on_the_managed_network_on_torch_and_on_torch_evaluated_on_the_host(string kind, string architecture)
    {
        const int Rows = 70;
        HeadSpec head = kind == "c51" ? HeadSpec.Categorical(51, -4, 4) : HeadSpec.Value;
        NetworkSpec other = architecture == "plain" ? NetworkCases.All[3].Spec : Architectures.Get(architecture);
        var spec = new NetworkSpec(
            other.ElementType, other.ObservationLength, other.InputWidth, other.Architecture with { Head = head }, other.ActionCount, image: null);
        LearnerOptions options = Options(LossKind.Huber, TargetKind.Hard, Rows);
        IObjective objective = kind switch
        {
            "c51" => new C51Objective(head),
            "double_dqn" => new DoubleDqnObjective(TemporalDifference.Of(options)),
            _ => new DqnObjective(TemporalDifference.Of(options)),
        };
        using var managed = TrainedNetwork.Mlp(spec, options, new Pcg64(4), objective: objective);
        using var twin = new TrainedNetwork(ForwardTests.Torch(spec, options), options, objective);
        using var host = new TrainedNetwork(ForwardTests.Torch(spec, options), options, new WithoutTwin(objective));
        managed.WriteParameters(ForwardTests.Parameters(spec));
        managed.UpdateTarget(1);
        twin.WriteState(State(managed));
        host.WriteState(State(managed));
        for (int update = 1; update <= 50; update++)
        {
            SampledBatch batch = Batches.Random(spec, Rows, (ulong)update);
            var expected = new float[Rows];
            TrainResult result = managed.Train(batch, 1e-4f, expected);
            foreach (TrainedNetwork torch in new[] { twin, host })
            {
                var priorities = new float[Rows];
                TrainResult actual = torch.Train(batch, 1e-4f, priorities);
                if (update == 1)
                {
                    AssertClose(result.Loss, actual.Loss, 1e-5);
                    AssertClose(result.MeanQ, actual.MeanQ, 1e-5);
                    AssertClose(result.GradientNorm, actual.GradientNorm, 5e-5);
                    Assert.All(expected.Zip(priorities), pair => AssertClose(pair.First, pair.Second, 2e-5));
                    Assert.InRange(LargestDifference(State(managed).Online, State(torch).Online), 0, 1e-5);
                }

                Assert.InRange(Relative(State(managed).Online, State(torch).Online), 0, 1e-3);
            }
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(6)]
    [InlineData(8)]
    public void Each_backend_goes_on_from_the_others_state(int shape)
    {
        (NetworkSpec spec, int rows) = NetworkCases.All[shape];
        LearnerOptions options = Options(LossKind.Huber, TargetKind.Hard, rows);
        using var managed = TrainedNetwork.Mlp(spec, options, new Pcg64(4));
        using TrainedNetwork torch = Started(managed, options);
        Train(torch, rows, updates: 20, seed: 1);
        managed.WriteState(State(torch));
        Train(managed, rows, updates: 20, seed: 2);
        Train(torch, rows, updates: 20, seed: 2);
        Assert.InRange(Relative(State(managed).Online, State(torch).Online), 0, 1e-4);
        torch.WriteState(State(managed));
        Train(torch, rows, updates: 20, seed: 3);
        Train(managed, rows, updates: 20, seed: 3);
        Assert.InRange(Relative(State(managed).Online, State(torch).Online), 0, 1e-4);
    }

    [Theory]
    [InlineData(LossKind.Mse)]
    [InlineData(LossKind.Huber)]
    public void One_update_ahead_gives_the_same_parameters(LossKind loss)
    {
        (NetworkSpec spec, int rows) = NetworkCases.All[3];
        LearnerOptions options = Options(loss, TargetKind.Soft, rows);
        using TrainedNetwork atOnce = ForwardTests.Trained(spec, options);
        using TrainedNetwork ahead = ForwardTests.Trained(spec, options, stepsAhead: 1);
        var first = new List<TrainResult>();
        var second = new List<TrainResult>();
        for (int update = 0; update < 60; update++)
        {
            SampledBatch batch = Batches.Random(spec, rows, (ulong)update);
            atOnce.Begin(batch, 1e-3f);
            first.Add(atOnce.End(new float[rows]));
            atOnce.UpdateTarget(0.05f);
            ahead.Begin(batch, 1e-3f);
            ahead.UpdateTarget(0.05f);
            if (update > 0)
            {
                second.Add(ahead.End(new float[rows]));
            }
        }

        second.Add(ahead.End(new float[rows]));
        Assert.All(first.Zip(second), pair => AssertClose(pair.First.Loss, pair.Second.Loss, 1e-3));
        Assert.InRange(Relative(State(atOnce).Online, State(ahead).Online), 0, 1e-4);
        Assert.InRange(Relative(State(atOnce).Target, State(ahead).Target), 0, 1e-4);
    }

    internal static NetworkState State(TrainedNetwork network)
    {
        NetworkState state = network.State();
        return state;
    }

    /// <summary>
    /// Epsilon is large so that the sign-like first steps of Adam do not blow rounding up: a relative error r of a gradient then moves a
    /// parameter by less than r * learning rate.
    /// </summary>
    private static LearnerOptions Options(LossKind loss, TargetKind target, int rows) =>
        new() { Loss = loss, Target = target, BatchSize = rows, MaxGradientNorm = 0.5, AdamEpsilon = 1e-3 };

    private static TrainedNetwork Started(TrainedNetwork managed, LearnerOptions options)
    {
        TrainedNetwork torch = ForwardTests.Trained(managed.Spec, options);
        torch.WriteState(State(managed));
        return torch;
    }

    private static void Train(TrainedNetwork network, int rows, int updates, ulong seed)
    {
        for (int update = 0; update < updates; update++)
        {
            network.Begin(Batches.Random(network.Spec, rows, (seed * 1000) + (ulong)update), 1e-3f);
            network.End(new float[rows]);
        }
    }

    private static double LargestDifference(float[] expected, float[] actual) => expected.Zip(actual).Max(pair => Math.Abs((double)pair.First - pair.Second));

    /// <summary>Euclidean distance against the length.</summary>
    private static double Relative(float[] expected, float[] actual) =>
        Math.Sqrt(expected.Zip(actual).Sum(pair => Math.Pow((double)pair.First - pair.Second, 2)) / expected.Sum(value => (double)value * value));

    private static void AssertClose(double expected, double actual, double tolerance) =>
        Assert.Equal(expected, actual, tolerance * Math.Max(1, Math.Abs(expected)));

    private sealed class WithoutTwin(IObjective objective) : IObjective
    {
        public ImmutableArray<ForwardPass> Passes => objective.Passes;

        public void Evaluate(in ObjectiveBlock block) => objective.Evaluate(block);
    }
}
