using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Krewe.Networks;

/// <summary>Four floats at a time: ARM64, and x86 processors with FMA but without 256-bit vectors.</summary>
internal unsafe struct Simd128 : ISimd<Vector128<float>>
{
    public static int Width => 4;

    public static bool IsSupported =>
        Vector128.IsHardwareAccelerated && (AdvSimd.Arm64.IsSupported || (Sse3.IsSupported && System.Runtime.Intrinsics.X86.Fma.IsSupported));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Broadcast(float value) => Vector128.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> BroadcastAt(float* value) => Vector128.Create(*value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Add(Vector128<float> x, Vector128<float> y) => x + y;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Multiply(Vector128<float> x, Vector128<float> y) => x * y;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Fma(Vector128<float> x, Vector128<float> y, Vector128<float> z) => Vector128.FusedMultiplyAdd(x, y, z);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Relu(Vector128<float> x) => Vector128.AndNot(x, Vector128.LessThan(x, Vector128<float>.Zero));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> FlushTiny(Vector128<float> x) =>
        Vector128.AndNot(x, Vector128.LessThan(Vector128.Abs(x), Vector128.Create(1e-36f)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Gate(Vector128<float> x, Vector128<float> gate) =>
        Vector128.AndNot(x, Vector128.Equals(gate, Vector128<float>.Zero));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> DivideByRoot(Vector128<float> numerator, Vector128<float> x, Vector128<float> scale, Vector128<float> epsilon) =>
        numerator / Vector128.FusedMultiplyAdd(Vector128.Sqrt(x), scale, epsilon);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Vector128<float> x) => Vector128.Sum(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreSums(Vector128<float> x0, Vector128<float> x1, Vector128<float> x2, Vector128<float> x3, float* sums) =>
        AddPairs(AddPairs(x0, x1), AddPairs(x2, x3)).Store(sums);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreNonZeroBits(Vector128<float> x, ulong* mask, int column)
    {
        // Half a byte of the mask.
        byte* place = (byte*)mask + (column >> 3);
        int shift = column & 4;
        uint bits = ~Vector128.Equals(x, Vector128<float>.Zero).ExtractMostSignificantBits() & 0xF;
        *place = (byte)((*place & ~(0xF << shift)) | (int)(bits << shift));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void TransposeBlock(float* source, nint sourceStride, float* target, nint targetStride)
    {
        Vector128<float> r0 = *(Vector128<float>*)source;
        Vector128<float> r1 = *(Vector128<float>*)(source + sourceStride);
        Vector128<float> r2 = *(Vector128<float>*)(source + (2 * sourceStride));
        Vector128<float> r3 = *(Vector128<float>*)(source + (3 * sourceStride));
        Vector128<float> low01 = ZipLow(r0, r1);
        Vector128<float> low23 = ZipLow(r2, r3);
        Vector128<float> high01 = ZipHigh(r0, r1);
        Vector128<float> high23 = ZipHigh(r2, r3);
        *(Vector128<float>*)target = Vector128.Create(low01.GetLower(), low23.GetLower());
        *(Vector128<float>*)(target + targetStride) = Vector128.Create(low01.GetUpper(), low23.GetUpper());
        *(Vector128<float>*)(target + (2 * targetStride)) = Vector128.Create(high01.GetLower(), high23.GetLower());
        *(Vector128<float>*)(target + (3 * targetStride)) = Vector128.Create(high01.GetUpper(), high23.GetUpper());
    }

    /// <summary>(x0 + x1, x2 + x3, y0 + y1, y2 + y3).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> AddPairs(Vector128<float> x, Vector128<float> y) =>
        AdvSimd.Arm64.IsSupported ? AdvSimd.Arm64.AddPairwise(x, y) : Sse3.HorizontalAdd(x, y);

    /// <summary>(x0, y0, x1, y1).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> ZipLow(Vector128<float> x, Vector128<float> y) =>
        AdvSimd.Arm64.IsSupported ? AdvSimd.Arm64.ZipLow(x, y) : Sse.UnpackLow(x, y);

    /// <summary>(x2, y2, x3, y3).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> ZipHigh(Vector128<float> x, Vector128<float> y) =>
        AdvSimd.Arm64.IsSupported ? AdvSimd.Arm64.ZipHigh(x, y) : Sse.UnpackHigh(x, y);
}
