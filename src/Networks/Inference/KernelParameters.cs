using Krewe.Contracts;

namespace Krewe.Networks;

/// <summary>Parameters of a network in the kernels' layout, all zero at first. Any number of threads may read them while none writes.</summary>
internal sealed unsafe class KernelParameters(KernelLayout layout) : IInferenceParameters
{
    private readonly AlignedFloats _floats = new(layout.Length);

    /// <summary>The parameters in the layout.</summary>
    public float* Pointer => _floats.Pointer;

    /// <summary>Takes flat parameters over, in the order of <see cref="NetworkSpec"/>.</summary>
    public void Import(ReadOnlySpan<float> flat)
    {
        layout.Import(flat, _floats);

        // The kernels use raw pointers into memory that this object keeps alive.
        GC.KeepAlive(this);
    }

    public bool TryCopy(IParameterSource source)
    {
        if (source is not IKernelNetwork network || !network.Layout.Spec.Equals(layout.Spec))
        {
            return false;
        }

        network.CopyParameters(_floats.Span);
        GC.KeepAlive(this);
        return true;
    }

    /// <summary>Copies the parameters into a flat array in the order of <see cref="NetworkSpec"/>.</summary>
    public void Export(Span<float> flat)
    {
        layout.Export(_floats, flat);
        GC.KeepAlive(this);
    }
}
