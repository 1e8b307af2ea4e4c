using System.Collections.Immutable;

namespace Krewe.Contracts;

/// <summary>The Q-network.</summary>
public sealed class NetworkOptions
{
    /// <summary>Widths of the hidden layers; empty for a linear function of the observation.</summary>
    [Option("widths of the hidden layers, for example 64,64", Min = 1, Max = 65536)]
    public ImmutableArray<int> Hidden { get; set; } = [64, 64];

    /// <summary>Convolutions in front of the hidden layers, for observations that are images; needs the torch backend.</summary>
    [Option("convolutions in front, filters x kernel / stride, for example 32x8/4,64x4/2,64x3/1; torch backend only")]
    public ImmutableArray<ConvolutionShape> Convolutions { get; set; } = [];

    /// <summary>Whether layer normalization (Ba et al. 2016) stands behind every hidden layer; needs the torch backend.</summary>
    [Option("layer normalization behind every hidden layer; torch backend only")]
    public bool LayerNorm { get; set; }

    /// <summary>Whether value and advantages have streams of their own (Wang et al. 2016); needs the torch backend.</summary>
    [Option("streams of their own for value and advantages; torch backend only")]
    public bool Dueling { get; set; }

    /// <summary>The layers that these options describe.</summary>
    public NetworkArchitecture ToArchitecture() => new(Hidden) { Convolutions = Convolutions, LayerNorm = LayerNorm, Dueling = Dueling };
}
