using System.Runtime.CompilerServices;

namespace Krewe.Environments;

/// <summary>One lane, for instances that do not fill a vector and for hardware without vectors of doubles.</summary>
internal readonly struct Lanes1(double value) : ILanes<Lanes1>
{
    private readonly double _value = value;

    public static int Width => 1;

    public static Lanes1 Create(double value) => new(value);

    public static Lanes1 Load(ref readonly double source) => new(source);

    public static Lanes1 Load(ref readonly int source) => new(source);

    public static Lanes1 operator +(Lanes1 a, Lanes1 b) => new(a._value + b._value);

    public static Lanes1 operator -(Lanes1 a, Lanes1 b) => new(a._value - b._value);

    public static Lanes1 operator *(Lanes1 a, Lanes1 b) => new(a._value * b._value);

    public static Lanes1 operator /(Lanes1 a, Lanes1 b) => new(a._value / b._value);

    public static Lanes1 operator -(Lanes1 a) => new(-a._value);

    public static Lanes1 operator |(Lanes1 a, Lanes1 b) => FromMask(a.Mask | b.Mask);

    public static Lanes1 operator &(Lanes1 a, Lanes1 b) => FromMask(a.Mask & b.Mask);

    public static Lanes1 FusedMultiplyAdd(Lanes1 a, Lanes1 b, Lanes1 c) => new(Math.FusedMultiplyAdd(a._value, b._value, c._value));

    public static Lanes1 Round(Lanes1 a) => new(Math.Round(a._value));

    public static Lanes1 Abs(Lanes1 a) => new(Math.Abs(a._value));

    public static Lanes1 Min(Lanes1 a, Lanes1 b) => new(Math.Min(a._value, b._value));

    public static Lanes1 Max(Lanes1 a, Lanes1 b) => new(Math.Max(a._value, b._value));

    public static Lanes1 Greater(Lanes1 a, Lanes1 b) => FromMask(a._value > b._value ? -1L : 0);

    public static Lanes1 GreaterOrEqual(Lanes1 a, Lanes1 b) => FromMask(a._value >= b._value ? -1L : 0);

    public static Lanes1 Select(Lanes1 mask, Lanes1 a, Lanes1 b) => mask.Mask < 0 ? a : b;

    public static uint Bits(Lanes1 mask) => mask.Mask < 0 ? 1u : 0;

    public static void StoreSingles(ref float destination, Lanes1 a, Lanes1 b, Lanes1 c, Lanes1 d)
    {
        destination = (float)a._value;
        Unsafe.Add(ref destination, 1) = (float)b._value;
        Unsafe.Add(ref destination, 2) = (float)c._value;
        Unsafe.Add(ref destination, 3) = (float)d._value;
    }

    public void Store(ref double destination) => destination = _value;

    public void StoreSingles(ref float destination, int stride) => destination = (float)_value;

    // Masks are kept in the bits of a double, as in vector registers.
    private long Mask => BitConverter.DoubleToInt64Bits(_value);

    private static Lanes1 FromMask(long mask) => new(BitConverter.Int64BitsToDouble(mask));
}
