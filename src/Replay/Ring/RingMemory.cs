using System.Runtime.InteropServices;

namespace Krewe.Replay;

/// <summary>
/// One pinned block for all columns of a ring, in which each column starts at a cache line. The array has 64-byte elements rather than
/// bytes, so that it can exceed 2 GiB. It is on the managed heap, so that it need not be freed.
/// </summary>
internal sealed unsafe class RingMemory
{
    private const int LineBytes = 64;

    private readonly Line[] _lines;
    private readonly byte* _start;

    /// <summary>Allocates the columns.</summary>
    /// <param name="slots">Number of elements in each column.</param>
    /// <param name="elementBytes">Size of one element in bytes, for each column.</param>
    public RingMemory(long slots, ReadOnlySpan<int> elementBytes)
    {
        Offsets = new long[elementBytes.Length];
        long bytes = 0;
        for (int column = 0; column < elementBytes.Length; column++)
        {
            Offsets[column] = bytes;
            bytes = checked((bytes + (slots * elementBytes[column]) + LineBytes - 1) & ~(LineBytes - 1L));
        }

        // One extra line, because the heap aligns only to 8 bytes.
        _lines = GC.AllocateUninitializedArray<Line>(checked((int)(bytes / LineBytes) + 1), pinned: true);
        nuint address = (nuint)Marshal.UnsafeAddrOfPinnedArrayElement(_lines, 0);
        _start = (byte*)((address + LineBytes - 1) & ~(nuint)(LineBytes - 1));
    }

    /// <summary>Offset of each column in bytes.</summary>
    private long[] Offsets { get; }

    /// <summary>Returns the first byte of a column, which is valid as long as this object is reachable.</summary>
    /// <param name="column">The column's index.</param>
    public byte* Column(int column) => _start + Offsets[column];

    [StructLayout(LayoutKind.Sequential, Size = LineBytes)]
    private struct Line;
}
