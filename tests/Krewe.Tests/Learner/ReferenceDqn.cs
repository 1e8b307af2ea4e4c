using System.Runtime.InteropServices;
using Krewe.Contracts;
using Krewe.Learner;
using Krewe.Networks;

namespace Krewe.Tests;

/// <summary>
/// The DQN update written plainly in double precision, straight from the formulas: no vectors, no padding, no skipped zeros, dense
/// one-hot inputs. The network under test must agree with it.
/// </summary>
internal sealed class ReferenceDqn(NetworkSpec spec, LearnerOptions options)
{
    public double[] Online { get; } = new double[spec.ParameterCount];

    public double[] Target { get; } = new double[spec.ParameterCount];

    public double[] FirstMoment { get; } = new double[spec.ParameterCount];

    public double[] SecondMoment { get; } = new double[spec.ParameterCount];

    public int Steps { get; private set; }

    public void Load(ReadOnlySpan<float> parameters)
    {
        for (int i = 0; i < parameters.Length; i++)
        {
            Online[i] = Target[i] = parameters[i];
        }
    }

    /// <summary>The input vectors of all observations, [count][inputs].</summary>
    public double[][] Inputs(ReadOnlySpan<byte> observations, int count)
    {
        var inputs = new double[count][];
        for (int row = 0; row < count; row++)
        {
            ReadOnlySpan<byte> raw = observations.Slice(row * spec.ObservationBytes, spec.ObservationBytes);
            inputs[row] = new double[spec.InputWidth];
            switch (spec.ElementType)
            {
                case ElementType.Int32:
                    inputs[row][MemoryMarshal.Read<int>(raw)] = 1;
                    break;
                case ElementType.UInt8:
                    for (int i = 0; i < raw.Length; i++)
                    {
                        inputs[row][i] = raw[i] / 255.0;
                    }

                    break;
                default:
                    for (int i = 0; i < spec.InputWidth; i++)
                    {
                        inputs[row][i] = MemoryMarshal.Cast<byte, float>(raw)[i];
                    }

                    break;
            }
        }

        return inputs;
    }

    /// <summary>Outputs of every layer (before the next layer, after its ReLU), the Q-values last.</summary>
    public double[][] Layers(double[] parameters, double[] input)
    {
        var outputs = new double[spec.Layers.Length][];
        double[] x = input;
        foreach (LayerSpec layer in spec.Layers)
        {
            var y = new double[layer.Outputs];
            for (int o = 0; o < layer.Outputs; o++)
            {
                y[o] = parameters[layer.BiasOffset + o];
                for (int i = 0; i < layer.Inputs; i++)
                {
                    y[o] += parameters[layer.WeightOffset + (o * layer.Inputs) + i] * x[i];
                }

                y[o] = layer.Index < spec.Layers.Length - 1 ? Math.Max(0, y[o]) : y[o];
            }

            outputs[layer.Index] = x = y;
        }

        return outputs;
    }

    public double[] Targets(SampledBatch batch)
    {
        double[] parameters = options.Target == TargetKind.Off ? Online : Target;
        double[][] next = Inputs(batch.NextObservations, batch.Count);
        var targets = new double[batch.Count];
        for (int row = 0; row < batch.Count; row++)
        {
            targets[row] = batch.Returns[row] + (batch.Discounts[row] * Layers(parameters, next[row])[^1].Max());
        }

        return targets;
    }

    /// <summary>The loss at some parameters, with the targets held fixed.</summary>
    public double Loss(double[] parameters, SampledBatch batch, double[] targets)
    {
        double[][] inputs = Inputs(batch.Observations, batch.Count);
        double sum = 0;
        for (int row = 0; row < batch.Count; row++)
        {
            double error = targets[row] - Layers(parameters, inputs[row])[^1][batch.Actions[row]];
            double size = Math.Abs(error);
            double loss = options.Loss == LossKind.Mse
                ? error * error
                : size <= options.HuberDelta ? 0.5 * error * error : options.HuberDelta * (size - (0.5 * options.HuberDelta));
            sum += batch.Weights[row] * loss;
        }

        return sum / batch.Count;
    }

    /// <summary>The gradient of <see cref="Loss"/>, by the chain rule.</summary>
    public double[] Gradient(double[] parameters, SampledBatch batch, double[] targets)
    {
        var gradient = new double[spec.ParameterCount];
        double[][] inputs = Inputs(batch.Observations, batch.Count);
        for (int row = 0; row < batch.Count; row++)
        {
            double[][] layers = Layers(parameters, inputs[row]);
            double error = targets[row] - layers[^1][batch.Actions[row]];
            double derivative = options.Loss == LossKind.Mse ? -2 * error : -Math.Clamp(error, -options.HuberDelta, options.HuberDelta);
            var delta = new double[spec.ActionCount];
            delta[batch.Actions[row]] = batch.Weights[row] * derivative / batch.Count;
            for (int l = spec.Layers.Length - 1; l >= 0; l--)
            {
                LayerSpec layer = spec.Layers[l];
                double[] x = l == 0 ? inputs[row] : layers[l - 1];
                var before = new double[layer.Inputs];
                for (int o = 0; o < layer.Outputs; o++)
                {
                    gradient[layer.BiasOffset + o] += delta[o];
                    for (int i = 0; i < layer.Inputs; i++)
                    {
                        int w = layer.WeightOffset + (o * layer.Inputs) + i;
                        gradient[w] += delta[o] * x[i];
                        before[i] += delta[o] * parameters[w];
                    }
                }

                for (int i = 0; i < layer.Inputs; i++)
                {
                    before[i] = x[i] > 0 ? before[i] : 0;
                }

                delta = before;
            }
        }

        return gradient;
    }

    /// <summary>One whole update.</summary>
    public (double Loss, double MeanQ, double Norm, double[] Errors) Train(SampledBatch batch, double learningRate)
    {
        double[] targets = Targets(batch);
        double loss = Loss(Online, batch, targets);
        double[][] inputs = Inputs(batch.Observations, batch.Count);
        var errors = new double[batch.Count];
        double meanQ = 0;
        for (int row = 0; row < batch.Count; row++)
        {
            double value = Layers(Online, inputs[row])[^1][batch.Actions[row]];
            errors[row] = targets[row] - value;
            meanQ += value / batch.Count;
        }

        double[] gradient = Gradient(Online, batch, targets);
        double norm = Math.Sqrt(gradient.Sum(g => g * g));
        double scale = options.MaxGradientNorm > 0 ? Math.Min(1, options.MaxGradientNorm / (norm + 1e-6)) : 1;
        Steps++;
        for (int i = 0; i < gradient.Length; i++)
        {
            double g = scale * gradient[i];
            FirstMoment[i] = (options.AdamBeta1 * FirstMoment[i]) + ((1 - options.AdamBeta1) * g);
            SecondMoment[i] = (options.AdamBeta2 * SecondMoment[i]) + ((1 - options.AdamBeta2) * g * g);
            double m = FirstMoment[i] / (1 - Math.Pow(options.AdamBeta1, Steps));
            double v = SecondMoment[i] / (1 - Math.Pow(options.AdamBeta2, Steps));
            Online[i] -= learningRate * m / (Math.Sqrt(v) + options.AdamEpsilon);
        }

        return (loss, meanQ, norm, errors);
    }
}
