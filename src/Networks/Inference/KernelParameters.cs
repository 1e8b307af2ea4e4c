namespace Krewe.Networks;

/// <summary>Parameters of a network in the kernels' layout, all zero at first. Any number of threads may read them while none writes.</summary>
internal sealed unsafe class KernelParameters(KernelLayout layout)
{
    private readonly AlignedFloats _floats = new(layout.Length);

    /// <summary>Parameters in the layout.</summary>
    public float* Pointer => _floats.Pointer;

    /// <summary>Takes flat parameters over, in the order of <see cref="NetworkSpec"/>.</summary>
    public void Import(ReadOnlySpan<float> flat)
    {
        layout.Import(flat, _floats);

        // Kernels hold bare pointers into memory that this object owns: it must not be collected while they run.
        GC.KeepAlive(this);
    }

    /// <summary>Copies them out, in the order of <see cref="NetworkSpec"/>.</summary>
    public void Export(Span<float> flat)
    {
        layout.Export(_floats, flat);
        GC.KeepAlive(this);
    }
}
