using Krewe.Contracts;

namespace Krewe.Replay;

/// <summary>Settings of a <see cref="ReplayShard"/>.</summary>
public sealed record ReplayShardSettings
{
    /// <summary>The slot format.</summary>
    public required SegmentSpec Spec { get; init; }

    /// <summary>Number of slots, at least 2.</summary>
    public required int Capacity { get; init; }

    /// <summary>The discount gamma of n-step returns, in [0, 1].</summary>
    public required double Discount { get; init; }

    /// <summary>Number of steps n of an n-step return, at least 1. Default 1.</summary>
    public int NStep { get; init; } = 1;

    /// <summary>The index of the shard, as in <see cref="SampledBatch.Shards"/>. Default 0.</summary>
    public int Index { get; init; }

    /// <summary>The seed of the run; shards with the same seed draw from different streams. Default 0.</summary>
    public ulong Seed { get; init; }

    /// <summary>How transitions are selected. Default <see cref="ReplaySelector.Uniform"/>.</summary>
    public ReplaySelector Selector { get; init; } = ReplaySelector.Uniform;

    /// <summary>
    /// The lowest position that the shard uses. A shard that replaces a lost one starts above all positions of the lost one, so that late
    /// updates of its priorities are dropped. Rounded down to the start of a generation. Default 0.
    /// </summary>
    public long FirstPosition { get; init; }

    /// <summary>Creates the settings of one shard of a run, the same in every host.</summary>
    /// <param name="spec">The slot format.</param>
    /// <param name="options">The replay options.</param>
    /// <param name="selector">How transitions are selected.</param>
    /// <param name="discount">The discount gamma, in [0, 1].</param>
    /// <param name="index">The index of the shard.</param>
    /// <param name="seed">The seed of the run.</param>
    public static ReplayShardSettings For(
        SegmentSpec spec, ReplayOptions options, ReplaySelector selector, double discount, int index, ulong seed) => new()
        {
            Spec = spec,
            Capacity = (options.Capacity / options.Shards) + (index < options.Capacity % options.Shards ? 1 : 0),
            NStep = options.NStep,
            Discount = discount,
            Selector = selector,
            Index = index,
            Seed = seed,
        };

    /// <summary>Checks the ranges.</summary>
    /// <exception cref="InvalidOptionException">A setting is out of range.</exception>
    internal void Validate()
    {
        Require(Capacity >= 2, $"replay capacity {Capacity} of shard {Index}: must be at least 2 slots");
        Require(NStep >= 1, $"n-step {NStep}: must be at least 1");
        Require(Discount is >= 0 and <= 1, $"discount {Discount}: must be in [0, 1]");
        Require(Index >= 0, $"shard index {Index}: must not be negative");
        Require(FirstPosition >= 0, $"first position {FirstPosition} of shard {Index}: must not be negative");
    }

    private static void Require(bool condition, FormattableString message)
    {
        if (!condition)
        {
            throw new InvalidOptionException(FormattableString.Invariant(message));
        }
    }
}
