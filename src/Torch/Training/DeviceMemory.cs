using System.Globalization;
using System.Runtime.InteropServices;
using Krewe.Contracts;
using Krewe.Networks;

namespace Krewe.Torch;

/// <summary>Estimates the memory that training needs, and recognizes and explains out-of-memory errors.</summary>
internal static class DeviceMemory
{
    /// <summary>Online and target network, gradient, two moments, and three temporaries of Adam.</summary>
    private const int ParameterCopies = 8;

    /// <summary>Estimates the bytes that training takes: parameters, staged batch, activations of both networks and their gradients.</summary>
    public static long Estimate(NetworkSpec spec, int batchSize)
    {
        long each = spec.Convolutions.Sum(layer => (long)layer.Output.Length) + spec.Layers.Sum(layer => (long)layer.Outputs);
        long floats = ((long)ParameterCopies * spec.ParameterCount) + (batchSize * ((2L * spec.InputWidth) + (4 * each)));
        return (floats * sizeof(float)) + (2L * batchSize * spec.ObservationBytes);
    }

    /// <summary>Whether libtorch ran out of memory, which only its error message reveals.</summary>
    public static bool IsExhausted(ExternalException e) =>
        e.Message.Contains("out of memory", StringComparison.OrdinalIgnoreCase) || e.Message.Contains("can't allocate memory", StringComparison.OrdinalIgnoreCase);

    /// <summary>Creates the exception for an out-of-memory error.</summary>
    public static KreweException Exhausted(NetworkSpec spec, int batchSize, string device, ExternalException e)
    {
        const double Mega = 1e6;
        return new KreweException(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{device} is out of memory: learner.batch_size {batchSize} on network {spec} ({spec.ParameterCount} parameters) needs about {Estimate(spec, batchSize) / Mega:F0} MB; lower learner.batch_size or the network's size, or free the device. The last checkpoint is intact. (libtorch: {FirstLine(e.Message)})"),
            e);
    }

    private static string FirstLine(string text) => text.Split('\n', 2)[0];
}
