using System.Runtime.CompilerServices;

namespace Krewe.Networks;

/// <summary>
/// A pinned, zeroed block of floats, aligned to a cache line. The memory is managed: there is nothing to dispose, and a pointer is
/// valid as long as this object is reachable. Around the block is NaN, so that a kernel which reads beside it fails every test, not one in
/// a thousand.
/// </summary>
internal sealed unsafe class AlignedFloats
{
    /// <summary>Number of floats in a cache line and in the widest vector.</summary>
    public const int Lanes = 16;

    private readonly float[] _array;

    /// <summary>Allocates zeros.</summary>
    public AlignedFloats(int length)
    {
        // One extra cache line in front for the alignment, and one behind.
        _array = GC.AllocateArray<float>(checked(length + (2 * Lanes)), pinned: true);
        nint address = (nint)Unsafe.AsPointer(ref _array[0]);
        Pointer = (float*)((address + 63) & ~(nint)63);
        Length = length;
        int front = (int)(Pointer - (float*)address);
        _array.AsSpan(0, front).Fill(float.NaN);
        _array.AsSpan(front + length).Fill(float.NaN);
    }

    /// <summary>The first float, at a multiple of 64 bytes.</summary>
    public float* Pointer { get; }

    /// <summary>Number of floats.</summary>
    public int Length { get; }

    /// <summary>The floats.</summary>
    public Span<float> Span => new(Pointer, Length);

    /// <summary>Rounds a width up to whole cache lines.</summary>
    public static int Pad(int width) => checked(width + (Lanes - 1)) & ~(Lanes - 1);

    /// <summary>
    /// The stride between the rows of a matrix, in floats. Wide rows get an odd number of cache lines: with rows of 1 KiB, a block of 64
    /// rows by 128 columns (the 32 KiB that a product keeps in the L1 cache) would map to half of the cache sets and evict itself.
    /// </summary>
    public static int Stride(int width)
    {
        int padded = Pad(width);
        return padded > 128 && (padded / Lanes) % 2 == 0 ? padded + Lanes : padded;
    }
}
