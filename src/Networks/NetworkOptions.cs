using System.Collections.Immutable;
using Krewe.Contracts;

namespace Krewe.Networks;

/// <summary>The Q-network.</summary>
public sealed class NetworkOptions
{
    /// <summary>Widths of at most 64 hidden layers; empty for a linear function of the observation.</summary>
    [Option("widths of at most 64 hidden layers, for example 64,64", Min = 1, Max = 65536, MaxCount = 64)]
    public ImmutableArray<int> Hidden { get; set; } = [64, 64];

    /// <summary>At most 64 convolutions before the hidden layers, for image observations; needs the torch backend.</summary>
    [Option("at most 64 convolutions before the hidden layers, filters x kernel / stride, for example 32x8/4,64x4/2,64x3/1; torch backend only", MaxCount = 64)]
    public ImmutableArray<ConvolutionShape> Convolutions { get; set; } = [];

    /// <summary>Whether layer normalization (Ba et al. 2016) follows every hidden layer.</summary>
    [Option("layer normalization after every hidden layer")]
    public bool LayerNorm { get; set; }

    /// <summary>Whether value and advantages have separate streams (Wang et al. 2016).</summary>
    [Option("separate value and advantage streams")]
    public bool Dueling { get; set; }

    /// <summary>The layers that these options describe.</summary>
    public NetworkArchitecture ToArchitecture() => new(Hidden) { Convolutions = Convolutions, LayerNorm = LayerNorm, Dueling = Dueling };
}
