using System.Runtime.InteropServices;
using Krewe.Contracts;
using Krewe.Learner;
using Krewe.Networks;

namespace Krewe.Tests;

/// <summary>Updates of an objective with random inputs, against a computation of one row at a time.</summary>
public class IqnUpdateTests
{
    private const int Draws = 8;
    private const int TargetDraws = 6;
    private const double Kappa = 1;

    private static readonly NetworkSpec Spec = new(new BoxSpace(-10, 10, [5]), [16], actionCount: 2);

    [Fact]
    public void The_loss_is_that_of_the_fractions_of_the_updates_stream_whatever_the_blocks()
    {
        // 50 samples of 8 rows are seven blocks.
        SampledBatch batch = MakeBatch(50);
        using var network = new MlpNetwork(Spec, new LearnerOptions(), new Pcg64(2));
        using INetworkUpdate update = network.CreateUpdate(new IqnObjective(Draws, TargetDraws, Kappa), Stream);
        for (int step = 0; step < 3; step++)
        {
            float expected = Loss(network, batch, Stream(step));
            update.Begin(batch, 1e-3f);
            Assert.Equal(expected, update.End(new float[batch.Count]).Loss, 1e-5f);
        }
    }

    [Fact]
    public void Updates_lower_the_loss_and_are_repeatable()
    {
        Assert.Equal(Train(), Train());

        static float[] Train()
        {
            SampledBatch batch = MakeBatch(64);
            batch.Discounts.Clear();
            using var network = new MlpNetwork(Spec, new LearnerOptions(), new Pcg64(2));
            using INetworkUpdate update = network.CreateUpdate(new IqnObjective(Draws, TargetDraws, Kappa), Stream);
            List<float> losses = [];
            for (int step = 0; step < 200; step++)
            {
                update.Begin(batch, 1e-2f);
                losses.Add(update.End(new float[batch.Count]).Loss);
            }

            Assert.True(losses[^20..].Average() < 0.7 * losses[..20].Average());
            var parameters = new float[Spec.ParameterCount];
            network.ReadParameters(parameters);
            return parameters;
        }
    }

    [Fact]
    public void What_an_objective_with_random_inputs_needs_is_named()
    {
        using var network = new MlpNetwork(Spec, new LearnerOptions(), new Pcg64(2));
        Assert.Contains(
            "expected the streams of its updates",
            Assert.Throws<ArgumentException>(() => network.CreateUpdate(new IqnObjective(8, 8, Kappa))).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            "with 65 draws for each sample: expected Float32 and at most 64 draws",
            Assert.Throws<ArgumentException>(() => network.CreateUpdate(new IqnObjective(8, 65, Kappa), Stream)).Message,
            StringComparison.Ordinal);
    }

    private static Pcg64 Stream(long update) => new(77, (uint)update);

    private static SampledBatch MakeBatch(int count)
    {
        var random = new Pcg64(9);
        var batch = new SampledBatch(new SegmentSpec(ElementType.Float32, observationLength: 4, actionCount: 2), count);
        foreach (ref float value in MemoryMarshal.Cast<byte, float>(batch.Observations))
        {
            value = (2 * random.NextSingle()) - 1;
        }

        foreach (ref float value in MemoryMarshal.Cast<byte, float>(batch.NextObservations))
        {
            value = (2 * random.NextSingle()) - 1;
        }

        for (int i = 0; i < count; i++)
        {
            batch.Actions[i] = random.NextInt(2);
            batch.Returns[i] = (2 * random.NextSingle()) - 1;
            batch.Discounts[i] = i % 5 == 0 ? 0 : 0.9f;
            batch.Weights[i] = 1;
        }

        return batch;
    }

    private static float Loss(MlpNetwork network, SampledBatch batch, Pcg64 random)
    {
        var state = LearnerState.Capture(network.Spec, network.Visit);
        using IQNetwork target = Of("target");
        using IQNetwork online = Of("online");
        float[][] targetFractions = Fractions(TargetDraws);
        float[][] fractions = Fractions(Draws);
        ReadOnlySpan<float> observations = MemoryMarshal.Cast<byte, float>(batch.Observations);
        ReadOnlySpan<float> next = MemoryMarshal.Cast<byte, float>(batch.NextObservations);
        double sum = 0;
        for (int i = 0; i < batch.Count; i++)
        {
            float[][] values = Values(target, next.Slice(i * 4, 4), targetFractions[i]);
            int best = values.Sum(row => row[1]) > values.Sum(row => row[0]) ? 1 : 0;
            float[] goals = [.. values.Select(row => row[best])];
            for (int j = 0; j < goals.Length; j++)
            {
                goals[j] = batch.Returns[i] + (batch.Discounts[i] * goals[j]);
            }

            int action = batch.Actions[i];
            float[] source = [.. Values(online, observations.Slice(i * 4, 4), fractions[i]).Select(row => row[action])];
            sum += QuantileLoss.Evaluate(source, fractions[i], goals, Kappa, new float[Draws]);
        }

        return (float)(sum / batch.Count);

        IQNetwork Of(string prefix)
        {
            IQNetwork copy = Spec.CreateNetwork();
            float[]? found = null;
            state.Restore(visitor => found = visitor.Floats(prefix, Spec.Tensors));
            copy.WriteParameters(found);
            return copy;
        }

        float[][] Fractions(int draws) =>
            [.. Enumerable.Range(0, batch.Count).Select(_ => (float[])[.. Enumerable.Range(0, draws).Select(_ => (float)random.NextDouble())])];

        static float[][] Values(IQNetwork network, ReadOnlySpan<float> observation, float[] fractions)
        {
            var all = new float[fractions.Length][];
            for (int j = 0; j < fractions.Length; j++)
            {
                float[] row = [.. observation, fractions[j]];
                all[j] = new float[2];
                network.Forward(MemoryMarshal.AsBytes(row.AsSpan()), 1, all[j]);
            }

            return all;
        }
    }
}
