using System.Collections.Immutable;

namespace Krewe.Networks;

/// <summary>The hidden layers of a Q-network: convolutions, then fully connected layers, each followed by ReLU.</summary>
public sealed record NetworkArchitecture
{
    /// <summary>Creates an architecture of fully connected layers.</summary>
    /// <param name="hidden">Widths of the hidden layers, in order; empty for none.</param>
    public NetworkArchitecture(ImmutableArray<int> hidden) => Hidden = hidden;

    /// <summary>Widths of the fully connected hidden layers.</summary>
    public ImmutableArray<int> Hidden { get; init; }

    /// <summary>The convolutions before them.</summary>
    public ImmutableArray<ConvolutionShape> Convolutions { get; init; } = [];

    /// <summary>
    /// Whether there is a layer normalization (Ba et al. 2016), with a gain and a bias per element, between every hidden layer and its
    /// ReLU. A convolution is normalized over all its channels, rows and columns.
    /// </summary>
    public bool LayerNorm { get; init; }

    /// <summary>
    /// Whether the last hidden layer and the output layer are split into a value and an advantage stream:
    /// Q(s, a) = V(s) + A(s, a) - mean over a' of A(s, a') (Wang et al. 2016).
    /// </summary>
    public bool Dueling { get; init; }

    /// <summary>What the outputs of an action mean.</summary>
    public HeadSpec Head { get; init; } = HeadSpec.Value;

    /// <summary>Equal when all layers are.</summary>
    /// <param name="other">The architecture to compare with.</param>
    public bool Equals(NetworkArchitecture? other) =>
        other is not null && LayerNorm == other.LayerNorm && Dueling == other.Dueling && Head == other.Head
        && Hidden.AsSpan().SequenceEqual(other.Hidden.AsSpan()) && Convolutions.AsSpan().SequenceEqual(other.Convolutions.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Hidden.Length, Convolutions.Length, LayerNorm, Dueling, Head);
}
