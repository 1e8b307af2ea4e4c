using System.Runtime.InteropServices;

namespace Krewe.Replay;

/// <summary>
/// One pinned block for all columns of a ring, each column starting at a cache line. An array of 64-byte elements rather than of
/// bytes, so that it may exceed 2 GiB; of the managed heap rather than malloc, so that it need not be freed.
/// </summary>
internal sealed unsafe class RingMemory
{
    private const int LineBytes = 64;

    private readonly Line[] _lines;
    private readonly byte* _start;

    /// <summary>Allocates the columns.</summary>
    /// <param name="slots">Elements of each column.</param>
    /// <param name="elementBytes">Bytes of one element, a column each.</param>
    public RingMemory(long slots, ReadOnlySpan<int> elementBytes)
    {
        Offsets = new long[elementBytes.Length];
        long bytes = 0;
        for (int column = 0; column < elementBytes.Length; column++)
        {
            Offsets[column] = bytes;
            bytes = checked((bytes + (slots * elementBytes[column]) + LineBytes - 1) & ~(LineBytes - 1L));
        }

        // One line more, because the heap aligns to 8 bytes only.
        _lines = GC.AllocateUninitializedArray<Line>(checked((int)(bytes / LineBytes) + 1), pinned: true);
        nuint address = (nuint)Marshal.UnsafeAddrOfPinnedArrayElement(_lines, 0);
        _start = (byte*)((address + LineBytes - 1) & ~(nuint)(LineBytes - 1));
    }

    /// <summary>Where each column starts, in bytes from the first.</summary>
    private long[] Offsets { get; }

    /// <summary>The first byte of a column; valid as long as this object is reachable.</summary>
    /// <param name="column">The column's index.</param>
    public byte* Column(int column) => _start + Offsets[column];

    [StructLayout(LayoutKind.Sequential, Size = LineBytes)]
    private struct Line;
}
