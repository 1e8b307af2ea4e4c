using System.Runtime.InteropServices;
using Krewe.Contracts;
using Krewe.Networks;

namespace Krewe.Tests;

/// <summary>Random batches of every element type, with terminal transitions, uneven weights and large errors among them.</summary>
internal static class Batches
{
    public static NetworkSpec Spec(ElementType type, int inputs, int[] hidden, int actions) =>
        new(type, type == ElementType.Int32 ? 1 : inputs, inputs, [.. hidden], actions);

    public static SampledBatch Random(NetworkSpec spec, int count, ulong seed)
    {
        var batch = new SampledBatch(
            new SegmentSpec(spec.ElementType, spec.ObservationLength, spec.ActionCount, spec.ElementType == ElementType.Int32 ? spec.InputWidth : 0),
            count);
        var random = new Pcg64(seed);
        Observations(spec, batch.Observations, random);
        Observations(spec, batch.NextObservations, random);
        for (int i = 0; i < count; i++)
        {
            batch.Returns[i] = (float)random.NextUniform(-3, 3);
            batch.Discounts[i] = i % 5 == 2 ? 0 : 0.99f;
            batch.Weights[i] = (float)random.NextUniform(0.3, 1);
            batch.Actions[i] = random.NextInt(spec.ActionCount);
        }

        return batch;
    }

    public static void Observations(NetworkSpec spec, Span<byte> observations, Pcg64 random)
    {
        switch (spec.ElementType)
        {
            case ElementType.UInt8:
                foreach (ref byte x in observations)
                {
                    x = (byte)Math.Max(0, random.NextInt(384) - 128);
                }

                break;
            case ElementType.Int32:
                foreach (ref int x in MemoryMarshal.Cast<byte, int>(observations))
                {
                    x = random.NextInt(spec.InputWidth);
                }

                break;
            default:
                foreach (ref float x in MemoryMarshal.Cast<byte, float>(observations))
                {
                    x = (float)random.NextUniform(-1, 1);
                }

                break;
        }
    }
}
