using System.Runtime.InteropServices;
using Krewe.Contracts;
using Krewe.Replay;

namespace Krewe.Tests;

/// <summary>One slot as written by a test. All values of a test are distinct, so that a wrong index is detected.</summary>
internal readonly record struct Slot(float Observation, int Action, float Reward, float Probability, SlotFlags Flags)
{
    public bool IsFinal => (Flags & SlotFlags.Final) != 0;
}

internal static class ReplayFixtures
{
    public static readonly TimeSpan TestTimeout = TimeSpan.FromSeconds(60);

    public static readonly SegmentSpec Scalar = new(ElementType.Float32, observationLength: 1, actionCount: 1000);

    public static SegmentBatch Batch(params ReadOnlySpan<Slot> slots) => Batch(Scalar, slots);

    public static SegmentBatch Batch(SegmentSpec spec, params ReadOnlySpan<Slot> slots)
    {
        var batch = new SegmentBatch(spec, Math.Max(2, slots.Length));
        batch.Start(actorId: 1, policyVersion: 1, sequence: 1, slots.Length);
        int steps = 0;
        for (int i = 0; i < slots.Length; i++)
        {
            WriteObservation(spec, slots[i].Observation, batch.Observations.Slice(i * spec.ObservationBytes, spec.ObservationBytes));
            WriteAction(spec, slots[i].Action, batch.ActionBytes.Slice(i * spec.ActionBytes, spec.ActionBytes));
            batch.Rewards[i] = slots[i].Reward;
            batch.Probabilities[i] = slots[i].Probability;
            batch.Flags[i] = slots[i].Flags;
            steps += slots[i].IsFinal ? 0 : 1;
        }

        batch.StepCount = steps;
        return batch;
    }

    /// <summary>Writes a discrete action, or a vector that depends on its number.</summary>
    public static void WriteAction(SegmentSpec spec, int action, Span<byte> bytes)
    {
        Span<float> numbers = MemoryMarshal.Cast<byte, float>(bytes);
        for (int i = 0; i < spec.ActionLength; i++)
        {
            numbers[i] = spec.ActionType == ElementType.Int32 ? BitConverter.Int32BitsToSingle(action) : action - (i * 0.5f);
        }
    }

    /// <summary>Writes an observation whose bytes all depend on one number.</summary>
    public static void WriteObservation(SegmentSpec spec, float value, Span<byte> bytes)
    {
        if (spec.ElementType == ElementType.UInt8)
        {
            for (int i = 0; i < bytes.Length; i++)
            {
                bytes[i] = (byte)((((int)value) >> (8 * (i % 3))) + i);
            }

            return;
        }

        Span<float> floats = MemoryMarshal.Cast<byte, float>(bytes);
        for (int i = 0; i < floats.Length; i++)
        {
            floats[i] = value + (i * 0.25f);
        }
    }

    /// <summary>Creates whole segments of random lengths; values continue from <paramref name="next"/>, so that none repeats.</summary>
    public static Slot[] RandomSegments(Pcg64 random, int segments, int longest, ref int next)
    {
        var slots = new List<Slot>();
        for (int s = 0; s < segments; s++)
        {
            int steps = 1 + random.NextInt(longest);
            SlotFlags end = (SlotFlags)random.NextInt(3);
            for (int t = 0; t < steps; t++)
            {
                SlotFlags flags = (t == steps - 1 ? end : SlotFlags.None) | (random.NextInt(2) == 0 ? SlotFlags.Greedy : SlotFlags.None);
                slots.Add(new Slot(next, next % 1000, next * 0.5f, 1f / (1 + (next % 7)), flags));
                next++;
            }

            slots.Add(new Slot(next++, 0, 0, 0, SlotFlags.Final));
        }

        return [.. slots];
    }

    /// <summary>Creates a segment of a number of steps with its final slot.</summary>
    public static Slot[] Segment(int steps, int first = 0)
    {
        var slots = new Slot[steps + 1];
        for (int t = 0; t < steps; t++)
        {
            slots[t] = new Slot(first + t, (first + t) % 1000, first + t, 1, SlotFlags.None);
        }

        slots[steps] = new Slot(first + steps, 0, 0, 0, SlotFlags.Final);
        return slots;
    }

    public static ReplayShard Shard(
        int capacity, int nStep = 1, double discount = 0.5, int index = 0, ulong seed = 1,
        ReplaySelector? selector = null, SegmentSpec? spec = null, long firstPosition = 0) =>
        new(new ReplayShardSettings
        {
            Spec = spec ?? Scalar,
            Capacity = capacity,
            Discount = discount,
            NStep = nStep,
            Index = index,
            Seed = seed,
            Selector = selector ?? ReplaySelector.Uniform,
            FirstPosition = firstPosition,
        });

    /// <summary>Creates a standalone shard.</summary>
    public static PacedShard Paced(
        int capacity, int nStep = 1, double discount = 0.5, RateLimiterSettings? limiter = null, int index = 0, ulong seed = 1,
        ReplaySelector? selector = null, SegmentSpec? spec = null, long firstPosition = 0) =>
        new(Shard(capacity, nStep, discount, index, seed, selector, spec, firstPosition), limiter);

    public static AppendStatus TryAppend(this IReplay replay, SegmentBatch batch) =>
        replay.Append(batch, TimeSpan.Zero, CancellationToken.None);

    public static SampleStatus TrySample(this IReplay replay, SampledBatch batch) =>
        replay.Sample(batch, TimeSpan.Zero, CancellationToken.None);

    /// <summary>Waits until another thread makes a condition true; fails the test if it never does.</summary>
    public static void WaitUntil(Func<bool> condition, string what) => Assert.True(SpinWait.SpinUntil(condition, TestTimeout), what);

    /// <summary>
    /// Samples until every transition has been drawn with near certainty; returns the last row at each position, which is empty for specs
    /// other than Scalar.
    /// </summary>
    public static Dictionary<long, Row> SampleAll(IReplay replay, SegmentSpec spec, int draws)
    {
        var rows = new Dictionary<long, Row>();
        var batch = new SampledBatch(spec, 64);
        for (int drawn = 0; drawn < draws; drawn += 64)
        {
            Assert.Equal(SampleStatus.Sampled, replay.TrySample(batch));
            for (int i = 0; i < batch.Count; i++)
            {
                rows[batch.Positions[i]] = spec == Scalar ? Row.Of(batch, i) : default;
            }
        }

        return rows;
    }
}

/// <summary>A selector that a test defines.</summary>
internal sealed record StubSelector(Func<SegmentRing, ISampleSelector> Make) : ReplaySelector
{
    public override bool UsesPriorities => true;

    public override int SlotBytes => 0;

    public override ISampleSelector Create(SegmentRing ring, Pcg64 random) => Make(ring);
}

/// <summary>One row of a sampled batch over <see cref="ReplayFixtures.Scalar"/>.</summary>
internal readonly record struct Row(float Observation, int Action, float Return, float Discount, float Next)
{
    public static Row Of(SampledBatch batch, int i) => new(
        MemoryMarshal.Cast<byte, float>(batch.Observations)[i],
        batch.Actions[i],
        batch.Returns[i],
        batch.Discounts[i],
        MemoryMarshal.Cast<byte, float>(batch.NextObservations)[i]);
}
