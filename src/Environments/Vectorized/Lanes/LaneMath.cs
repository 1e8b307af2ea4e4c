using System.Runtime.CompilerServices;

namespace Krewe.Environments;

/// <summary>
/// Sine and cosine of all lanes at once: a Cody-Waite reduction by pi/2 in three parts, then polynomials on [-pi/4, pi/4] with the
/// coefficients of FreeBSD's msun (k_sin.c, k_cos.c: minimax, error below 2^-58). Results are within one unit in the last place of
/// C's libm, and equal to it for most arguments.
/// </summary>
/// <remarks>
/// The base library's <c>Vector256.SinCos</c> reproduces the recordings too, but slows CartPole and MountainCar by a fifth (85 instead
/// of 105 million steps per second on one core of an AMD EPYC with 256-bit vectors).
/// </remarks>
internal static class LaneMath
{
    /// <summary>Largest |x| for <see cref="SinCos"/>; beyond it the reduction loses bits.</summary>
    public const double SinCosRange = 100_000;

    /// <summary>Largest |x| for <see cref="SinCosNearZero"/>: pi/4.</summary>
    public const double NearZero = 0.785398163397448;

    private const double TwoOverPi = 0.63661977236758134308;

    // pi/2 in three parts: the first two have 33 significant bits, so that their products with a quotient below 2^20 are exact.
    private const double HalfPiHigh = 1.57079632673412561417e+00;
    private const double HalfPiMiddle = 6.07710050630396597660e-11;
    private const double HalfPiLow = 2.02226624879595063154e-21;

    /// <summary>Sine and cosine for |x| up to <see cref="NearZero"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (T Sin, T Cos) SinCosNearZero<T>(T x)
        where T : struct, ILanes<T>
    {
        T z = x * x;
        T sin = Sine(x, z, T.FusedMultiplyAdd(z, SinePolynomial(z), T.Create(-1.66666666666666324348e-01)));
        T half = T.Create(0.5) * z;
        T w = T.Create(1) - half;
        T cos = w + ((T.Create(1) - w - half) + (z * (z * CosinePolynomial(z))));
        return (sin, cos);

        static T Sine(T x, T z, T r) => T.FusedMultiplyAdd(z * x, r, x);
    }

    /// <summary>Sine and cosine for |x| up to <see cref="SinCosRange"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (T Sin, T Cos) SinCos<T>(T x)
        where T : struct, ILanes<T>
    {
        // x = quadrant * pi/2 + r + tail, |r| <= pi/4.
        T quadrant = T.Round(x * T.Create(TwoOverPi));
        T a = x - (quadrant * T.Create(HalfPiHigh));
        T w = quadrant * T.Create(HalfPiMiddle);
        T b = a - w;
        T low = (quadrant * T.Create(HalfPiLow)) - ((a - b) - w);
        T r = b - low;
        T tail = (b - r) - low;

        T z = r * r;
        T v = z * r;
        T sin = r - (((z * ((T.Create(0.5) * tail) - (v * SinePolynomial(z)))) - tail) - (v * T.Create(-1.66666666666666324348e-01)));
        T half = T.Create(0.5) * z;
        T one = T.Create(1) - half;
        T cos = one + (((T.Create(1) - one) - half) + ((z * (z * CosinePolynomial(z))) - (r * tail)));

        // Quadrant modulo 4 without integers: 0, 1, 2 or 3.
        T turn = quadrant - (T.Create(4) * Floor(quadrant * T.Create(0.25)));
        T odd = T.Greater(turn - (T.Create(2) * Floor(turn * T.Create(0.5))), T.Create(0.5));
        T negateSin = T.Greater(turn, T.Create(1.5));
        T negateCos = T.Greater(turn, T.Create(0.5)) & T.Greater(T.Create(2.5), turn);
        T s = T.Select(odd, cos, sin);
        T c = T.Select(odd, sin, cos);
        return (T.Select(negateSin, -s, s), T.Select(negateCos, -c, c));
    }

    // Both polynomials omit their first coefficient: the callers add it where its rounding matters.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T SinePolynomial<T>(T z)
        where T : struct, ILanes<T>
    {
        T p = T.FusedMultiplyAdd(z, T.Create(1.58969099521155010221e-10), T.Create(-2.50507602534068634195e-08));
        p = T.FusedMultiplyAdd(z, p, T.Create(2.75573137070700676789e-06));
        p = T.FusedMultiplyAdd(z, p, T.Create(-1.98412698298579493134e-04));
        return T.FusedMultiplyAdd(z, p, T.Create(8.33333333332248946124e-03));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T CosinePolynomial<T>(T z)
        where T : struct, ILanes<T>
    {
        T p = T.FusedMultiplyAdd(z, T.Create(-1.13596475577881948265e-11), T.Create(2.08757232129817482790e-09));
        p = T.FusedMultiplyAdd(z, p, T.Create(-2.75573143513906633035e-07));
        p = T.FusedMultiplyAdd(z, p, T.Create(2.48015872894767294178e-05));
        p = T.FusedMultiplyAdd(z, p, T.Create(-1.38888888888741095749e-03));
        return T.FusedMultiplyAdd(z, p, T.Create(4.16666666666666019037e-02));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T Floor<T>(T x)
        where T : struct, ILanes<T>
    {
        T rounded = T.Round(x);
        return rounded - (T.Greater(rounded, x) & T.Create(1));
    }
}
