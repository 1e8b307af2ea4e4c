using System.Collections.Immutable;

namespace Krewe.Contracts.Options;

/// <summary>The Q-network.</summary>
public sealed class NetworkOptions
{
    /// <summary>Widths of the hidden layers; empty for a linear function of the observation.</summary>
    [Option("widths of the hidden layers, for example 64,64", Min = 1, Max = 65536)]
    public ImmutableArray<int> Hidden { get; set; } = [64, 64];
}
