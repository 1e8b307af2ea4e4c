namespace Krewe.Networks;

/// <summary>The parameters of a fully connected network in the kernels' layout.</summary>
internal sealed unsafe class MlpParameters(MlpLayout layout) : IInferenceParameters
{
    private readonly AlignedFloats _floats = new(layout.Length);

    /// <summary>The parameters in the layout.</summary>
    public float* Pointer => _floats.Pointer;

    /// <inheritdoc/>
    public void Import(ReadOnlySpan<float> flat)
    {
        layout.Import(flat, _floats);

        // The kernels use raw pointers into memory that this object keeps alive.
        GC.KeepAlive(this);
    }

    /// <summary>Copies the parameters into a flat array in the order of <see cref="NetworkSpec"/>.</summary>
    public void Export(Span<float> flat)
    {
        layout.Export(_floats, flat);
        GC.KeepAlive(this);
    }
}
