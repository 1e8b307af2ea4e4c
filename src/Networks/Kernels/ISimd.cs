namespace Krewe.Networks;

/// <summary>
/// The operations that the kernels are written with, for one vector type. Kernels take an implementation as a type argument, so that
/// the same source serves 512-bit, 256-bit, 128-bit and scalar hardware and every call is inlined.
/// </summary>
/// <typeparam name="TVec">The vector: <c>Vector512&lt;float&gt;</c>, <c>Vector256&lt;float&gt;</c>, <c>Vector128&lt;float&gt;</c>, or <c>float</c> itself.</typeparam>
internal unsafe interface ISimd<TVec>
    where TVec : unmanaged
{
    /// <summary>Number of floats in a vector; divides <see cref="AlignedFloats.Lanes"/>.</summary>
    static abstract int Width { get; }

    /// <summary>Whether this hardware supports the vector at full speed.</summary>
    static abstract bool IsSupported { get; }

    /// <summary>The same value in every lane.</summary>
    static abstract TVec Broadcast(float value);

    /// <summary>
    /// The value at an address in every lane. From memory, load and broadcast are one instruction on a load port; from a register, the
    /// broadcast is a shuffle that occupies one of the two FMA ports.
    /// </summary>
    static abstract TVec BroadcastAt(float* value);

    /// <summary>x + y.</summary>
    static abstract TVec Add(TVec x, TVec y);

    /// <summary>x * y.</summary>
    static abstract TVec Multiply(TVec x, TVec y);

    /// <summary>x * y + z, rounded once.</summary>
    static abstract TVec Fma(TVec x, TVec y, TVec z);

    /// <summary>max(x, 0). NaN stays NaN, so that a diverged network does not go unnoticed.</summary>
    static abstract TVec Relu(TVec x);

    /// <summary>x where the gate is not zero, 0 elsewhere.</summary>
    static abstract TVec Gate(TVec x, TVec gate);

    /// <summary>
    /// x, or 0 where |x| &lt; 1e-36. Otherwise a value that only decays becomes denormal, and each operation on a denormal number takes a
    /// hundred cycles or more.
    /// </summary>
    static abstract TVec FlushTiny(TVec x);

    /// <summary>numerator / (sqrt(x) * scale + epsilon), for finite numerator and finite x &gt;= 0.</summary>
    static abstract TVec DivideByRoot(TVec numerator, TVec x, TVec scale, TVec epsilon);

    /// <summary>The sum of the lanes, in a fixed order.</summary>
    static abstract float Sum(TVec x);

    /// <summary>The sums of the lanes of four vectors, in a fixed order. Takes two shuffles per vector, <see cref="Sum"/> four.</summary>
    static abstract void StoreSums(TVec x0, TVec x1, TVec x2, TVec x3, float* sums);

    /// <summary>Writes one bit per lane, set if the lane is not zero (NaN is not zero), at bit <paramref name="column"/> of a mask.</summary>
    static abstract void StoreNonZeroBits(TVec x, ulong* mask, int column);

    /// <summary>Transposes a block of <see cref="Width"/> by <see cref="Width"/> floats; strides are in floats.</summary>
    static abstract void TransposeBlock(float* source, nint sourceStride, float* target, nint targetStride);
}
