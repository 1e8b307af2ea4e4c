using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Krewe.Contracts;

namespace Krewe.Tests;

/// <summary>Creates random specs and random valid blocks.</summary>
internal static class WireFixtures
{
    public static SegmentSpec RandomSpec(Pcg64 random)
    {
        var type = (ElementType)random.NextInt(3);
        bool discrete = random.NextInt(2) == 0;
        return new SegmentSpec(
            type,
            observationLength: type == ElementType.Int32 ? 1 : 1 + random.NextInt(30),
            observationCount: type == ElementType.Int32 ? 1 + random.NextInt(500) : 0,
            discrete ? ElementType.Int32 : ElementType.Float32,
            actionLength: discrete ? 1 : 1 + random.NextInt(5),
            actionCount: discrete ? 1 + random.NextInt(20) : 0);
    }

    /// <summary>Creates whole segments of valid values in a batch with some spare capacity.</summary>
    public static SegmentBatch RandomSegments(Pcg64 random, SegmentSpec spec, int segments, int actor = 3, long sequence = 7)
    {
        var flags = new List<SlotFlags>();
        for (int s = 0; s < segments; s++)
        {
            int steps = 1 + random.NextInt(20);
            for (int t = 0; t < steps; t++)
            {
                flags.Add((t == steps - 1 ? (SlotFlags)random.NextInt(3) : SlotFlags.None) | (SlotFlags)(random.NextInt(2) << 2));
            }

            flags.Add(SlotFlags.Final);
        }

        var batch = new SegmentBatch(spec, flags.Count + random.NextInt(5));
        bool hasPriorities = sequence % 2 == 0;
        batch.Start(actor, policyVersion: (long)(random.NextUInt64() >> 1), sequence, flags.Count, hasPriorities);
        batch.StepCount = flags.Count - segments;
        FillObservations(random, spec, batch.Observations);
        FillActions(random, spec, batch.ActionBytes);
        for (int i = 0; i < flags.Count; i++)
        {
            batch.Rewards[i] = (float)random.NextUniform(-1e6, 1e6);
            batch.Probabilities[i] = (float)random.NextUniform(0, 1);
            batch.Flags[i] = flags[i];
            if (hasPriorities)
            {
                batch.Priorities[i] = flags[i] == SlotFlags.Final ? 0 : (float)random.NextUniform(0, 1e6);
            }
        }

        return batch;
    }

    /// <summary>Creates a mini-batch of valid values.</summary>
    public static SampledBatch RandomSample(Pcg64 random, SegmentSpec spec, int capacity, int count)
    {
        var batch = new SampledBatch(spec, capacity) { TableSize = 1 + random.NextInt(1000) };
        batch.Resize(count);
        FillObservations(random, spec, batch.Observations);
        FillObservations(random, spec, batch.NextObservations);
        FillActions(random, spec, batch.ActionBytes);
        for (int i = 0; i < count; i++)
        {
            batch.Returns[i] = (float)random.NextUniform(-10, 10);
            batch.Discounts[i] = (float)random.NextUniform(0, 1);
            batch.Weights[i] = (float)random.NextUniform(0, 1);
            batch.Probabilities[i] = (float)random.NextUniform(0, 1);
            batch.Shards[i] = random.NextInt(8);
            batch.Positions[i] = (long)(random.NextUInt64() >> 1);
        }

        return batch;
    }

    public static void FillObservations(Pcg64 random, SegmentSpec spec, Span<byte> bytes) =>
        Fill(random, spec.ElementType, spec.ObservationCount, bytes);

    private static void FillActions(Pcg64 random, SegmentSpec spec, Span<byte> bytes) => Fill(random, spec.ActionType, spec.ActionCount, bytes);

    private static void Fill(Pcg64 random, ElementType type, int count, Span<byte> bytes)
    {
        if (type == ElementType.UInt8)
        {
            random.NextBytes(bytes);
            return;
        }

        foreach (ref int value in MemoryMarshal.Cast<byte, int>(bytes))
        {
            value = type == ElementType.Int32
                ? random.NextInt(count)
                : BitConverter.SingleToInt32Bits((float)random.NextUniform(-100, 100));
        }
    }

    public static void NextBytes(this Pcg64 random, Span<byte> bytes)
    {
        for (int i = 0; i < bytes.Length; i++)
        {
            bytes[i] = (byte)random.NextInt(256);
        }
    }

    /// <summary>
    /// Writes the numbers of a spec, valid or not, and the matching hash, so that the hash check does not hide later checks.
    /// </summary>
    public static void ForgeSpec(Span<byte> header, int type, int length, int actions, int observations, int actionType = 2, int actionLength = 1)
    {
        var spec = new SegmentSpec((ElementType)type, length, observations, (ElementType)actionType, actionLength, actions);
        BinaryPrimitives.WriteUInt64LittleEndian(header[8..], spec.Hash);
        BinaryPrimitives.WriteInt32LittleEndian(header[40..], type);
        BinaryPrimitives.WriteInt32LittleEndian(header[44..], length);
        BinaryPrimitives.WriteInt32LittleEndian(header[48..], actions);
        BinaryPrimitives.WriteInt32LittleEndian(header[52..], observations);
        BinaryPrimitives.WriteInt32LittleEndian(header[60..], actionType);
        BinaryPrimitives.WriteInt32LittleEndian(header[64..], actionLength);
    }

    /// <summary>Returns a number that is often at an edge of a range.</summary>
    public static int Edge(Pcg64 random) => random.NextInt(6) switch
    {
        0 => random.NextInt(5),
        1 => int.MaxValue - random.NextInt(3),
        2 => -1 - random.NextInt(3),
        3 => 1 << random.NextInt(31),
        4 => (int)random.NextUInt64(),
        _ => random.NextInt(1000),
    };
}
