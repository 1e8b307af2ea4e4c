using System.Runtime.InteropServices;
using Krewe.Contracts;

namespace Krewe.Networks;

/// <summary>Checks the arguments of a network's public methods, because the kernels use unchecked pointers.</summary>
internal static class Shapes
{
    /// <summary>Checks that the flat parameter array has the network's length.</summary>
    public static void RequireParameters(PolicySpec spec, int length)
    {
        if (length != spec.ParameterCount)
        {
            throw new ArgumentException($"network {spec} has {spec.ParameterCount} parameters, got {length}");
        }
    }

    /// <summary>The managed trainer has every layer of the network.</summary>
    public static void RequireTrainable(NetworkSpec spec)
    {
        RequireInputs(spec);
        if (!spec.Convolutions.IsEmpty)
        {
            throw new ArgumentException($"network {spec}: this backend has no convolutions, expected fully connected layers (the torch backend has both)");
        }
    }

    /// <summary>Checks that the network's inputs match its observations: a one-hot observation is a single index.</summary>
    public static void RequireInputs(NetworkSpec spec)
    {
        if (spec.ElementType == ElementType.Int32 ? spec.ObservationLength != 1 : spec.ObservationLength != spec.InputWidth)
        {
            throw new ArgumentException(
                $"network {spec} takes {spec.InputWidth} inputs from {spec.ObservationLength} {spec.ElementType} elements; expected "
                + "one element for a discrete observation, and as many inputs as elements for any other");
        }
    }

    /// <summary>Checks the memory for gradients at the inputs, and that the network has them; empty asks for none.</summary>
    public static void RequireInputGradients(NetworkSpec spec, int rows, int length)
    {
        if (length == 0)
        {
            return;
        }

        if (spec.ElementType != ElementType.Float32 || spec.Hidden.IsEmpty)
        {
            throw new ArgumentException($"network {spec} of {spec.ElementType}: gradients at the inputs need {ElementType.Float32} and a hidden layer");
        }

        if (length < (long)rows * spec.InputWidth)
        {
            throw new ArgumentException($"{rows} rows have {(long)rows * spec.InputWidth} gradients at the inputs, there is room for {length}");
        }
    }

    /// <summary>Checks that the buffers of a forward pass are large enough and one-hot indices are in range.</summary>
    public static void RequireForward(PolicySpec spec, ReadOnlySpan<byte> observations, int count, int outputs, int outputsEach)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        if (observations.Length < (long)count * spec.ObservationBytes)
        {
            throw new ArgumentException($"{count} observations of {spec.ObservationBytes} bytes need {(long)count * spec.ObservationBytes} bytes, got {observations.Length}");
        }

        if (outputs < (long)count * outputsEach)
        {
            throw new ArgumentException($"{count} observations have {(long)count * outputsEach} values, the output has room for {outputs}");
        }

        RequireIndices(spec, observations, count);
    }

    /// <summary>Checks that a batch was made for this network and that its actions and one-hot indices are in range.</summary>
    /// <param name="spec">The network.</param>
    /// <param name="batch">The batch.</param>
    /// <param name="inputs">Inputs of the network that follow the observation.</param>
    public static void RequireBatch(PolicySpec spec, SampledBatch batch, int inputs = 0)
    {
        if (batch.Spec.ElementType != spec.ElementType || batch.Spec.ObservationLength != spec.ObservationLength - inputs)
        {
            throw new ArgumentException(
                $"network {spec} takes observations of {spec.ObservationLength - inputs} {spec.ElementType} elements, "
                + $"the batch holds {batch.Spec.ObservationLength} {batch.Spec.ElementType}");
        }

        RequireActions(spec, batch.Actions);
        RequireIndices(spec, batch.Observations, batch.Count);
        RequireIndices(spec, batch.NextObservations, batch.Count);
    }

    /// <summary>Checks that actions are in range.</summary>
    public static void RequireActions(PolicySpec spec, ReadOnlySpan<int> actions)
    {
        for (int i = 0; i < actions.Length; i++)
        {
            if ((uint)actions[i] >= (uint)spec.ActionCount)
            {
                throw new ArgumentException($"action of sample {i} is {actions[i]}, expected 0 to {spec.ActionCount - 1}");
            }
        }
    }

    /// <summary>Checks a learning rate.</summary>
    public static void RequireLearningRate(float learningRate)
    {
        if (!float.IsFinite(learningRate) || learningRate < 0)
        {
            throw new ArgumentOutOfRangeException(nameof(learningRate), learningRate, "the learning rate must be finite and not negative");
        }
    }

    /// <summary>Checks tau, the weight of the online network in a target update.</summary>
    public static void RequireShare(float tau)
    {
        if (!(tau > 0 && tau <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(tau), tau, "tau must be above 0 and at most 1");
        }
    }

    private static void RequireIndices(PolicySpec spec, ReadOnlySpan<byte> observations, int count)
    {
        if (spec.ElementType != ElementType.Int32)
        {
            return;
        }

        ReadOnlySpan<int> indices = MemoryMarshal.Cast<byte, int>(observations)[..count];
        for (int i = 0; i < indices.Length; i++)
        {
            if ((uint)indices[i] >= (uint)spec.InputWidth)
            {
                throw new ArgumentException($"discrete observation {i} is {indices[i]}, expected 0 to {spec.InputWidth - 1}");
            }
        }
    }
}
