using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Krewe.Networks;

/// <summary>Eight floats at a time.</summary>
internal unsafe struct Simd256 : ISimd<Vector256<float>>
{
    public static int Width => 8;

    public static bool IsSupported => Vector256.IsHardwareAccelerated && Avx2.IsSupported && System.Runtime.Intrinsics.X86.Fma.IsSupported;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Broadcast(float value) => Vector256.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> BroadcastAt(float* value) => Vector256.Create(*value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Add(Vector256<float> x, Vector256<float> y) => x + y;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Multiply(Vector256<float> x, Vector256<float> y) => x * y;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Fma(Vector256<float> x, Vector256<float> y, Vector256<float> z) => Vector256.FusedMultiplyAdd(x, y, z);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Relu(Vector256<float> x) =>
        Vector256.AndNot(x, Vector256.LessThan(x, Vector256<float>.Zero));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> FlushTiny(Vector256<float> x) =>
        Vector256.AndNot(x, Vector256.LessThan(Vector256.Abs(x), Vector256.Create(1e-36f)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Gate(Vector256<float> x, Vector256<float> gate) =>
        Vector256.AndNot(x, Vector256.Equals(gate, Vector256<float>.Zero));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> DivideByRoot(Vector256<float> numerator, Vector256<float> x, Vector256<float> scale, Vector256<float> epsilon) =>
        numerator / Vector256.FusedMultiplyAdd(Vector256.Sqrt(x), scale, epsilon);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Vector256<float> x) => Vector256.Sum(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreSums(Vector256<float> x0, Vector256<float> x1, Vector256<float> x2, Vector256<float> x3, float* sums)
    {
        Vector256<float> t0 = Avx.UnpackLow(x0, x1) + Avx.UnpackHigh(x0, x1);
        Vector256<float> t1 = Avx.UnpackLow(x2, x3) + Avx.UnpackHigh(x2, x3);
        Vector256<float> u = Avx.Shuffle(t0, t1, 0x44) + Avx.Shuffle(t0, t1, 0xEE);
        (u.GetLower() + u.GetUpper()).Store(sums);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreNonZeroBits(Vector256<float> x, ulong* mask, int column) =>
        ((byte*)mask)[column >> 3] = (byte)~Vector256.Equals(x, Vector256<float>.Zero).ExtractMostSignificantBits();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void TransposeBlock(float* source, nint sourceStride, float* target, nint targetStride)
    {
        // Pairs of rows, then pairs of pairs, then halves: 8 + 8 + 8 shuffles.
        Vector256<float> r0 = *(Vector256<float>*)source;
        Vector256<float> r1 = *(Vector256<float>*)(source + sourceStride);
        Vector256<float> r2 = *(Vector256<float>*)(source + (2 * sourceStride));
        Vector256<float> r3 = *(Vector256<float>*)(source + (3 * sourceStride));
        Vector256<float> r4 = *(Vector256<float>*)(source + (4 * sourceStride));
        Vector256<float> r5 = *(Vector256<float>*)(source + (5 * sourceStride));
        Vector256<float> r6 = *(Vector256<float>*)(source + (6 * sourceStride));
        Vector256<float> r7 = *(Vector256<float>*)(source + (7 * sourceStride));
        Quarter(r0, r1, r2, r3, out Vector256<float> a0, out Vector256<float> a1, out Vector256<float> a2, out Vector256<float> a3);
        Quarter(r4, r5, r6, r7, out Vector256<float> b0, out Vector256<float> b1, out Vector256<float> b2, out Vector256<float> b3);
        *(Vector256<float>*)target = Avx.Permute2x128(a0, b0, 0x20);
        *(Vector256<float>*)(target + targetStride) = Avx.Permute2x128(a1, b1, 0x20);
        *(Vector256<float>*)(target + (2 * targetStride)) = Avx.Permute2x128(a2, b2, 0x20);
        *(Vector256<float>*)(target + (3 * targetStride)) = Avx.Permute2x128(a3, b3, 0x20);
        *(Vector256<float>*)(target + (4 * targetStride)) = Avx.Permute2x128(a0, b0, 0x31);
        *(Vector256<float>*)(target + (5 * targetStride)) = Avx.Permute2x128(a1, b1, 0x31);
        *(Vector256<float>*)(target + (6 * targetStride)) = Avx.Permute2x128(a2, b2, 0x31);
        *(Vector256<float>*)(target + (7 * targetStride)) = Avx.Permute2x128(a3, b3, 0x31);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Quarter(
        Vector256<float> r0,
        Vector256<float> r1,
        Vector256<float> r2,
        Vector256<float> r3,
        out Vector256<float> c0,
        out Vector256<float> c1,
        out Vector256<float> c2,
        out Vector256<float> c3)
    {
        Vector256<float> low01 = Avx.UnpackLow(r0, r1);
        Vector256<float> high01 = Avx.UnpackHigh(r0, r1);
        Vector256<float> low23 = Avx.UnpackLow(r2, r3);
        Vector256<float> high23 = Avx.UnpackHigh(r2, r3);
        c0 = Avx.Shuffle(low01, low23, 0x44);
        c1 = Avx.Shuffle(low01, low23, 0xEE);
        c2 = Avx.Shuffle(high01, high23, 0x44);
        c3 = Avx.Shuffle(high01, high23, 0xEE);
    }
}
