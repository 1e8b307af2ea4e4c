using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.Arm;

namespace Krewe.Networks;

/// <summary>One float at a time, for hardware without FMA vectors.</summary>
internal unsafe struct SimdScalar : ISimd<float>
{
    public static int Width => 1;

    public static bool IsSupported => true;

    public static float Broadcast(float value) => value;

    public static float BroadcastAt(float* value) => *value;

    public static float Add(float x, float y) => x + y;

    public static float Multiply(float x, float y) => x * y;

    // Fused if the hardware has an instruction for it; otherwise it would be a library call, a hundred times slower.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Fma(float x, float y, float z) =>
        System.Runtime.Intrinsics.X86.Fma.IsSupported || AdvSimd.IsSupported ? MathF.FusedMultiplyAdd(x, y, z) : (x * y) + z;

    public static float Relu(float x) => x < 0 ? 0 : x;

    public static float FlushTiny(float x) => Math.Abs(x) < 1e-36f ? 0 : x;

    public static float Gate(float x, float gate) => gate != 0 ? x : 0;

    public static float DivideByRoot(float numerator, float x, float scale, float epsilon) =>
        numerator / Fma(MathF.Sqrt(x), scale, epsilon);

    public static float Sum(float x) => x;

    public static void StoreSums(float x0, float x1, float x2, float x3, float* sums) =>
        (sums[0], sums[1], sums[2], sums[3]) = (x0, x1, x2, x3);

    public static void StoreNonZeroBits(float x, ulong* mask, int column)
    {
        ulong bit = 1UL << (column & 63);
        if (x != 0)
        {
            mask[column >> 6] |= bit;
        }
        else
        {
            mask[column >> 6] &= ~bit;
        }
    }

    public static void TransposeBlock(float* source, nint sourceStride, float* target, nint targetStride) => *target = *source;
}
