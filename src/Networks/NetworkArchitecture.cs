using System.Collections.Immutable;

namespace Krewe.Networks;

/// <summary>The layers of a Q-network between its observation and its Q-values: convolutions, then fully connected layers, each followed by ReLU.</summary>
public sealed record NetworkArchitecture
{
    /// <summary>An architecture of fully connected layers.</summary>
    /// <param name="hidden">Widths of the hidden layers, in order; empty for none.</param>
    public NetworkArchitecture(ImmutableArray<int> hidden) => Hidden = hidden;

    /// <summary>Widths of the fully connected hidden layers.</summary>
    public ImmutableArray<int> Hidden { get; init; }

    /// <summary>The convolutions before them.</summary>
    public ImmutableArray<ConvolutionShape> Convolutions { get; init; } = [];

    /// <summary>
    /// Whether a layer normalization (Ba et al. 2016) with a gain and a bias for each element comes between every hidden layer and its
    /// ReLU; a convolution is normalized over all its channels, rows and columns.
    /// </summary>
    public bool LayerNorm { get; init; }

    /// <summary>
    /// Whether the last hidden layer and the output layer exist twice, for the state's value and for the actions' advantages:
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
