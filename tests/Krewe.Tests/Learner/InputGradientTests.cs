using System.Runtime.InteropServices;
using Krewe.Contracts;
using Krewe.Learner;
using Krewe.Networks;

namespace Krewe.Tests;

/// <summary>Gradients at the inputs of a network, against slopes.</summary>
public class InputGradientTests
{
    private const int Inputs = 5;
    private const int Actions = 3;
    private const int Rows = 20;

    public static TheoryData<string> Shapes => ["narrow", "normalized", "wide", "dueling", "dueling without a trunk"];

    [Theory]
    [MemberData(nameof(Shapes))]
    public void The_gradient_at_the_inputs_is_the_slope_of_the_outputs(string shape)
    {
        using var network = new MlpNetwork(Spec(shape), new LearnerOptions(), new Pcg64(3));
        using INetworkPass pass = network.CreatePass();
        int width = network.Spec.Head.Outputs;
        var random = new Pcg64(5);
        float[] inputs = [.. Enumerable.Range(0, Rows * Inputs).Select(_ => (2 * random.NextSingle()) - 1)];
        int[] actions = [.. Enumerable.Range(0, Rows).Select(_ => random.NextInt(Actions))];
        float[] weights = [.. Enumerable.Range(0, Rows * width).Select(_ => (2 * random.NextSingle()) - 1)];
        var outputs = new float[Rows * width];
        var gradients = new float[Rows * Inputs];
        pass.ForwardChosen(MemoryMarshal.AsBytes(inputs.AsSpan()), actions, outputs);
        pass.Backward(MemoryMarshal.AsBytes(inputs.AsSpan()), actions, weights, gradients);
        int kinks = 0;
        for (int i = 0; i < inputs.Length; i++)
        {
            const float Step = 1e-2f;
            (double above, double below, double here) = (Weighted(i, Step), Weighted(i, -Step), Weighted(i, 0));
            double left = (here - below) / Step;
            double right = (above - here) / Step;
            if (Math.Abs(left - right) > 0.004)
            {
                // A unit turns on or off in between.
                kinks++;
                continue;
            }

            Assert.Equal((left + right) / 2, gradients[i], 0.004);
        }

        Assert.InRange(kinks, 0, inputs.Length / 2);
        Assert.Contains(gradients, gradient => Math.Abs(gradient) > 0.01f);

        double Weighted(int input, float step)
        {
            float[] moved = [.. inputs];
            moved[input] += step;
            pass.ForwardChosen(MemoryMarshal.AsBytes(moved.AsSpan()), actions, outputs);
            return outputs.Zip(weights, (output, weight) => (double)output * weight).Sum();
        }
    }

    [Fact]
    public void A_network_without_such_gradients_is_named()
    {
        using var linear = new MlpNetwork(new NetworkSpec(new BoxSpace(-1, 1, [Inputs]), [], Actions), new LearnerOptions(), new Pcg64(3));
        using INetworkPass pass = linear.CreatePass();
        pass.ForwardChosen(new byte[Inputs * 4], [0], new float[1]);
        var e = Assert.Throws<ArgumentException>(() => pass.Backward(new byte[Inputs * 4], [0], [1f], new float[Inputs]));
        Assert.Contains("gradients at the inputs need Float32 and a hidden layer", e.Message, StringComparison.Ordinal);
    }

    private static NetworkSpec Spec(string shape) => new(
        new BoxSpace(-1, 1, [Inputs]),
        shape switch
        {
            "narrow" => new NetworkArchitecture([17, 9]),
            "normalized" => new NetworkArchitecture([17, 9]) { LayerNorm = true },
            "wide" => new NetworkArchitecture([17, 9]) { Head = HeadSpec.Quantiles(4) },
            "dueling" => new NetworkArchitecture([17, 9]) { Dueling = true },
            _ => new NetworkArchitecture([9]) { Dueling = true },
        },
        Actions);
}
