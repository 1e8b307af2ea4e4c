using System.Runtime.Intrinsics;

namespace Krewe.Networks;

/// <summary>Converts byte observations (images) to network inputs: divided by 255, correctly rounded, as in every backend.</summary>
internal static class InputBytes
{
    /// <summary>target[i] = source[i] / 255.</summary>
    public static void Convert(ReadOnlySpan<byte> source, Span<float> target)
    {
        int i = 0;
        for (; i <= source.Length - Vector128<byte>.Count; i += Vector128<byte>.Count)
        {
            (Vector128<ushort> low, Vector128<ushort> high) = Vector128.Widen(Vector128.Create(source[i..]));
            (Vector128<uint> a, Vector128<uint> b) = Vector128.Widen(low);
            (Vector128<uint> c, Vector128<uint> d) = Vector128.Widen(high);
            Vector128<float> scale = Vector128.Create(255f);
            (Vector128.ConvertToSingle(a.AsInt32()) / scale).CopyTo(target[i..]);
            (Vector128.ConvertToSingle(b.AsInt32()) / scale).CopyTo(target[(i + 4)..]);
            (Vector128.ConvertToSingle(c.AsInt32()) / scale).CopyTo(target[(i + 8)..]);
            (Vector128.ConvertToSingle(d.AsInt32()) / scale).CopyTo(target[(i + 12)..]);
        }

        for (; i < source.Length; i++)
        {
            target[i] = source[i] / 255f;
        }
    }
}
