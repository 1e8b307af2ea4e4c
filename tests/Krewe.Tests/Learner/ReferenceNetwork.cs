using System.Runtime.InteropServices;
using Krewe.Contracts;
using Krewe.Networks;

namespace Krewe.Tests;

/// <summary>The forward pass in double precision, element by element, as the papers write it: slow, and nothing shared with the code under test.</summary>
internal sealed class ReferenceNetwork(NetworkSpec spec)
{
    /// <summary>The outputs of all actions, [A, W].</summary>
    public double[] Outputs(double[] parameters, ReadOnlySpan<byte> observation)
    {
        double[] x = Input(observation);
        foreach (ConvolutionSpec layer in spec.Convolutions)
        {
            x = Relu(Norm(Convolve(parameters, layer, x), parameters, layer.HasNorm, layer.NormOffset));
        }

        x = Run(LayerRole.Trunk, spec.Architecture.Dueling, parameters, x);
        if (!spec.Architecture.Dueling)
        {
            return x;
        }

        int width = spec.Head.Outputs;
        double[] value = Run(LayerRole.Value, false, parameters, x);
        double[] advantage = Run(LayerRole.Advantage, false, parameters, x);
        double[] means = [.. Enumerable.Range(0, width).Select(i => Enumerable.Range(0, spec.ActionCount).Average(action => advantage[(action * width) + i]))];
        return [.. advantage.Select((a, i) => value[i % width] + a - means[i % width])];
    }

    private double[] Input(ReadOnlySpan<byte> observation)
    {
        switch (spec.ElementType)
        {
            case ElementType.UInt8:
                return [.. observation.ToArray().Select(pixel => pixel / 255.0)];
            case ElementType.Int32:
                var oneHot = new double[spec.InputWidth];
                oneHot[MemoryMarshal.Read<int>(observation)] = 1;
                return oneHot;
            default:
                return [.. MemoryMarshal.Cast<byte, float>(observation).ToArray().Select(value => (double)value)];
        }
    }

    private static double[] Convolve(double[] parameters, ConvolutionSpec layer, double[] x)
    {
        ImageShape input = layer.Input;
        ImageShape output = layer.Output;
        (int filters, int kernel, int stride) = layer.Shape;
        var result = new double[output.Length];
        for (int f = 0; f < filters; f++)
        {
            for (int row = 0; row < output.Height; row++)
            {
                for (int column = 0; column < output.Width; column++)
                {
                    double sum = parameters[layer.BiasOffset + f];
                    for (int c = 0; c < input.Channels; c++)
                    {
                        for (int i = 0; i < kernel; i++)
                        {
                            for (int j = 0; j < kernel; j++)
                            {
                                double weight = parameters[layer.WeightOffset + ((((((f * input.Channels) + c) * kernel) + i) * kernel) + j)];
                                sum += weight * x[(((c * input.Height) + (row * stride) + i) * input.Width) + (column * stride) + j];
                            }
                        }
                    }

                    result[(((f * output.Height) + row) * output.Width) + column] = sum;
                }
            }
        }

        return result;
    }

    private double[] Run(LayerRole role, bool lastIsHidden, double[] parameters, double[] x)
    {
        LayerSpec[] layers = [.. spec.Layers.Where(layer => layer.Role == role)];
        foreach (LayerSpec layer in layers)
        {
            var y = new double[layer.Outputs];
            for (int o = 0; o < layer.Outputs; o++)
            {
                y[o] = parameters[layer.BiasOffset + o];
                for (int i = 0; i < layer.Inputs; i++)
                {
                    y[o] += parameters[layer.WeightOffset + (o * layer.Inputs) + i] * x[i];
                }
            }

            x = lastIsHidden || layer != layers[^1] ? Relu(Norm(y, parameters, layer.HasNorm, layer.NormOffset)) : y;
        }

        return x;
    }

    private static double[] Norm(double[] x, double[] parameters, bool hasNorm, int offset)
    {
        if (!hasNorm)
        {
            return x;
        }

        double mean = x.Average();
        double deviation = Math.Sqrt(x.Average(value => (value - mean) * (value - mean)) + 1e-5);
        return [.. x.Select((value, i) => ((value - mean) / deviation * parameters[offset + i]) + parameters[offset + x.Length + i])];
    }

    private static double[] Relu(double[] x) => [.. x.Select(value => Math.Max(0, value))];
}
