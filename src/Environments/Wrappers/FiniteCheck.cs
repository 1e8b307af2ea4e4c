using System.Numerics;
using System.Runtime.InteropServices;

namespace Krewe.Environments;

/// <summary>Finds NaN and infinity in float32 values, one vector at a time.</summary>
internal static class FiniteCheck
{
    /// <summary>The index of the first value that is not finite, or -1.</summary>
    /// <param name="values">The values.</param>
    public static int IndexOfNonFinite(ReadOnlySpan<float> values)
    {
        ReadOnlySpan<uint> bits = MemoryMarshal.Cast<float, uint>(values);
        int i = 0;

        // A float is finite when its exponent bits are not all ones.
        var exponent = new Vector<uint>(0x7F800000u);
        for (; i <= bits.Length - Vector<uint>.Count; i += Vector<uint>.Count)
        {
            if (Vector.EqualsAny(new Vector<uint>(bits[i..]) & exponent, exponent))
            {
                break;
            }
        }

        for (; i < values.Length; i++)
        {
            if (!float.IsFinite(values[i]))
            {
                return i;
            }
        }

        return -1;
    }
}
