namespace Krewe.Networks;

/// <summary>The parameters of a fully connected network in the kernels' layout.</summary>
internal sealed unsafe class MlpParameters(MlpLayout layout) : IInferenceParameters
{
    private readonly AlignedFloats _floats = new(layout.Length);

    /// <summary>Parameters in the layout.</summary>
    public float* Pointer => _floats.Pointer;

    /// <inheritdoc/>
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
