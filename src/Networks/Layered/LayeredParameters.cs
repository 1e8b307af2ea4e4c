using System.Collections.Immutable;

namespace Krewe.Networks;

/// <summary>The parameters of a <see cref="LayeredInference"/>: first the convolutions, then the fully connected layers.</summary>
internal sealed class LayeredParameters(NetworkSpec spec) : IInferenceParameters
{
    private readonly float[] _flat = new float[spec.ParameterCount];

    /// <summary>Parameters of the convolutions.</summary>
    public ImmutableArray<LayerParameters> Convolutions { get; } = [.. spec.Convolutions.Select(layer => new LayerParameters(layer))];

    /// <summary>Parameters of the fully connected layers.</summary>
    public ImmutableArray<LayerParameters> Layers { get; } = [.. spec.Layers.Select(layer => new LayerParameters(layer))];

    /// <inheritdoc/>
    public void Import(ReadOnlySpan<float> flat)
    {
        flat.CopyTo(_flat);
        foreach (LayerParameters layer in Convolutions)
        {
            layer.Import(flat);
        }

        foreach (LayerParameters layer in Layers)
        {
            layer.Import(flat);
        }
    }

    /// <summary>Copies the parameters into a flat array in the order of <see cref="NetworkSpec"/>.</summary>
    public void Export(Span<float> flat) => _flat.CopyTo(flat);
}
