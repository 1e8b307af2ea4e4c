using System.Runtime.InteropServices;
using Krewe.Networks;
using static TorchSharp.torch;

namespace Krewe.Torch;

/// <summary>
/// A network's parameters on a device: one flat tensor in the order of <see cref="NetworkSpec"/>, and a view of it for each layer's
/// tensors. Target updates, clipping, Adam and publishing then are a few operations on one vector, not a few for each of its parts.
/// </summary>
internal sealed class TorchParameters : IDisposable
{
    /// <summary>Allocates zeros.</summary>
    /// <param name="spec">The network.</param>
    /// <param name="device">Where.</param>
    /// <param name="gradient">Where the gradient of each view goes, flat; null for parameters without one.</param>
    public TorchParameters(NetworkSpec spec, Device device, Tensor? gradient = null)
    {
        Flat = zeros(spec.ParameterCount, dtype: ScalarType.Float32, device: device);
        Views = [.. spec.Tensors.Select(tensor => View(Flat, tensor))];
        if (gradient is not null)
        {
            for (int i = 0; i < Views.Length; i++)
            {
                // With a gradient that is there already, the backward pass adds to it in place.
                Views[i].requires_grad = true;
                using Tensor part = View(gradient, spec.Tensors[i]);
                Views[i].grad = part;
            }
        }
    }

    /// <summary>All parameters, [parameters].</summary>
    public Tensor Flat { get; }

    /// <summary>Those of each of <see cref="NetworkSpec.Tensors"/>.</summary>
    public Tensor[] Views { get; }

    /// <summary>Copies a flat tensor out.</summary>
    public static void Read(Tensor flat, Span<float> values)
    {
        using Tensor here = flat.cpu();
        MemoryMarshal.Cast<byte, float>(here.bytes).CopyTo(values);
    }

    /// <summary>Copies values into a flat tensor.</summary>
    public static void Write(ReadOnlySpan<float> values, Tensor flat)
    {
        using Tensor here = empty(values.Length, dtype: ScalarType.Float32);
        values.CopyTo(MemoryMarshal.Cast<byte, float>(here.bytes));
        flat.copy_(here);
    }

    public void Dispose()
    {
        foreach (Tensor view in Views)
        {
            view.Dispose();
        }

        Flat.Dispose();
    }

    private static Tensor View(Tensor flat, TensorSpec tensor)
    {
        using Tensor part = flat.narrow(0, tensor.Offset, tensor.Length);
        using Tensor shaped = part.view([.. tensor.Shape]);
        return shaped.detach();
    }
}
