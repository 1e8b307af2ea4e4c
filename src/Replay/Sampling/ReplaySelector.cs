using Krewe.Contracts;

namespace Krewe.Replay;

/// <summary>How the shards of a run select transitions: part of the run's plan, and the same in every host.</summary>
public abstract record ReplaySelector
{
    /// <summary>Every transition is selected with the same probability.</summary>
    public static ReplaySelector Uniform { get; } = new UniformSampling();

    /// <summary>Whether priorities affect the selection. If not, the learner sends none.</summary>
    public abstract bool UsesPriorities { get; }

    /// <summary>The memory that a selector needs for each slot, in bytes.</summary>
    public abstract int SlotBytes { get; }

    /// <summary>
    /// Transitions are selected in proportion to (priority + <see cref="ProportionalSelector.Offset"/>)^exponent (Schaul et al. 2016).
    /// </summary>
    /// <param name="exponent">The exponent alpha, above 0 and at most 1.</param>
    public static ReplaySelector Proportional(double exponent) => new ProportionalSampling(exponent);

    /// <summary>Returns the selector that the options ask for.</summary>
    /// <param name="options">The replay options.</param>
    public static ReplaySelector For(ReplayOptions options) =>
        options.PriorityExponent > 0 ? Proportional(options.PriorityExponent) : Uniform;

    /// <summary>Creates the selector of a shard.</summary>
    /// <param name="ring">The ring of the shard.</param>
    /// <param name="random">The random stream of the shard, which must not be used elsewhere.</param>
    public abstract ISampleSelector Create(SegmentRing ring, Pcg64 random);

    private sealed record UniformSampling : ReplaySelector
    {
        public override bool UsesPriorities => false;

        public override int SlotBytes => 0;

        public override ISampleSelector Create(SegmentRing ring, Pcg64 random) => new UniformSelector(ring, random);
    }

    private sealed record ProportionalSampling(double Exponent) : ReplaySelector
    {
        public override bool UsesPriorities => true;

        public override int SlotBytes => PriorityTree.SlotBytes;

        public override ISampleSelector Create(SegmentRing ring, Pcg64 random) => new ProportionalSelector(ring, random, Exponent);
    }
}
