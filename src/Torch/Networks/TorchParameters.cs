using System.Runtime.InteropServices;
using Krewe.Networks;
using static TorchSharp.torch;

namespace Krewe.Torch;

/// <summary>
/// A network's parameters on a device: one flat tensor in the order of <see cref="NetworkSpec"/>, and a view of it for each parameter
/// tensor. Target updates, clipping, Adam and publishing are therefore a few operations on one vector.
/// </summary>
internal sealed class TorchParameters : IDisposable
{
    /// <summary>Allocates parameters of zero.</summary>
    /// <param name="spec">The network.</param>
    /// <param name="device">The device.</param>
    /// <param name="gradient">The flat tensor that receives the gradient, [parameters]; null for parameters without one.</param>
    public TorchParameters(NetworkSpec spec, Device device, Tensor? gradient = null)
    {
        Flat = zeros(spec.ParameterCount, dtype: ScalarType.Float32, device: device);
        Views = [.. spec.Tensors.Select(tensor => View(Flat, tensor))];
        if (gradient is not null)
        {
            for (int i = 0; i < Views.Length; i++)
            {
                // The backward pass accumulates into an existing gradient in place.
                Views[i].requires_grad = true;
                using Tensor part = View(gradient, spec.Tensors[i]);
                Views[i].grad = part;
            }
        }
    }

    /// <summary>All parameters, [parameters].</summary>
    public Tensor Flat { get; }

    /// <summary>A view for each of <see cref="NetworkSpec.Tensors"/>, in their order and shape.</summary>
    public Tensor[] Views { get; }

    /// <summary>Copies a flat tensor to the host.</summary>
    public static void Read(Tensor flat, Span<float> values)
    {
        using Tensor here = flat.cpu();
        MemoryMarshal.Cast<byte, float>(here.bytes).CopyTo(values);
    }

    /// <summary>Copies values from the host into a flat tensor.</summary>
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
