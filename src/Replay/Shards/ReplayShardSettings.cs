using Krewe.Contracts;

namespace Krewe.Replay;

/// <summary>What a <see cref="ReplayShard"/> is made of.</summary>
public sealed record ReplayShardSettings
{
    /// <summary>What a slot holds.</summary>
    public required SegmentSpec Spec { get; init; }

    /// <summary>Slots, at least 2.</summary>
    public required int Capacity { get; init; }

    /// <summary>The discount gamma of n-step returns, in [0, 1].</summary>
    public required double Discount { get; init; }

    /// <summary>Steps n of an n-step return, at least 1. Default 1.</summary>
    public int NStep { get; init; } = 1;

    /// <summary>The shard's number, which <see cref="SampledBatch.Shards"/> says. Default 0.</summary>
    public int Index { get; init; }

    /// <summary>The seed of the run; shards of one seed draw from different streams. Default 0.</summary>
    public ulong Seed { get; init; }

    /// <summary>Makes the selector; null, the default, for a <see cref="UniformSelector"/>.</summary>
    public Func<SegmentRing, ISampleSelector>? CreateSelector { get; init; }

    /// <summary>What one of a run's shards is made of; the same in every host.</summary>
    /// <param name="spec">What a slot holds.</param>
    /// <param name="options">The options of replay.</param>
    /// <param name="discount">The discount gamma, in [0, 1].</param>
    /// <param name="index">The shard's number.</param>
    /// <param name="seed">The seed of the run.</param>
    public static ReplayShardSettings For(SegmentSpec spec, ReplayOptions options, double discount, int index, ulong seed) => new()
    {
        Spec = spec,
        Capacity = (options.Capacity / options.Shards) + (index < options.Capacity % options.Shards ? 1 : 0),
        NStep = options.NStep,
        Discount = discount,
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
    }

    private static void Require(bool condition, FormattableString message)
    {
        if (!condition)
        {
            throw new InvalidOptionException(FormattableString.Invariant(message));
        }
    }
}
