namespace Krewe.Environments;

/// <summary>
/// A vector of doubles, one lane per instance. Kernels are written against this interface, once for all vector widths. Operators
/// round like their scalar counterparts, so a kernel gives bitwise equal results at every width.
/// </summary>
/// <typeparam name="TSelf">The implementing struct.</typeparam>
internal interface ILanes<TSelf>
    where TSelf : struct, ILanes<TSelf>
{
    /// <summary>Number of lanes.</summary>
    static abstract int Width { get; }

    /// <summary>The same value in every lane.</summary>
    static abstract TSelf Create(double value);

    /// <summary>Loads <see cref="Width"/> doubles.</summary>
    static abstract TSelf Load(ref readonly double source);

    /// <summary>Loads <see cref="Width"/> integers as doubles.</summary>
    static abstract TSelf Load(ref readonly int source);

    /// <summary>Stores the lanes.</summary>
    void Store(ref double destination);

    /// <summary>Rounds to float32 and writes lane i at <paramref name="destination"/>[i * stride].</summary>
    void StoreSingles(ref float destination, int stride);

    /// <summary>Rounds to float32 and writes a, b, c and d of each lane, lane after lane: observations of four elements.</summary>
    static abstract void StoreSingles(ref float destination, TSelf a, TSelf b, TSelf c, TSelf d);

    /// <summary>Lane sum.</summary>
    static abstract TSelf operator +(TSelf a, TSelf b);

    /// <summary>Lane difference.</summary>
    static abstract TSelf operator -(TSelf a, TSelf b);

    /// <summary>Lane product.</summary>
    static abstract TSelf operator *(TSelf a, TSelf b);

    /// <summary>Lane quotient.</summary>
    static abstract TSelf operator /(TSelf a, TSelf b);

    /// <summary>Lane negation.</summary>
    static abstract TSelf operator -(TSelf a);

    /// <summary>a * b + c, rounded once.</summary>
    static abstract TSelf FusedMultiplyAdd(TSelf a, TSelf b, TSelf c);

    /// <summary>Nearest integer, ties to even.</summary>
    static abstract TSelf Round(TSelf a);

    /// <summary>Absolute value.</summary>
    static abstract TSelf Abs(TSelf a);

    /// <summary>The lesser of each pair.</summary>
    static abstract TSelf Min(TSelf a, TSelf b);

    /// <summary>The greater of each pair.</summary>
    static abstract TSelf Max(TSelf a, TSelf b);

    /// <summary>A mask: all bits set in the lanes where a &gt; b.</summary>
    static abstract TSelf Greater(TSelf a, TSelf b);

    /// <summary>A mask: all bits set in the lanes where a &gt;= b.</summary>
    static abstract TSelf GreaterOrEqual(TSelf a, TSelf b);

    /// <summary>Bitwise or.</summary>
    static abstract TSelf operator |(TSelf a, TSelf b);

    /// <summary>Bitwise and.</summary>
    static abstract TSelf operator &(TSelf a, TSelf b);

    /// <summary>a where the mask is set, otherwise b.</summary>
    static abstract TSelf Select(TSelf mask, TSelf a, TSelf b);

    /// <summary>One bit per lane of a mask; lane 0 has the lowest bit.</summary>
    static abstract uint Bits(TSelf mask);
}
