using System.Runtime.CompilerServices;

namespace Krewe.Networks;

/// <summary>Bit masks of the rows of a matrix, pinned and zeroed: bit j of row i is set if element (i, j) is not zero.</summary>
internal sealed unsafe class AlignedMasks
{
    private readonly ulong[] _array;

    /// <summary>Allocates masks with no bit set.</summary>
    public AlignedMasks(int rows, int columns)
    {
        Stride = (columns + 63) / 64;
        _array = GC.AllocateArray<ulong>(checked(rows * Stride) + 1, pinned: true);
        Pointer = (ulong*)Unsafe.AsPointer(ref _array[0]);
    }

    /// <summary>The first row's first word.</summary>
    public ulong* Pointer { get; }

    /// <summary>Number of words per row.</summary>
    public int Stride { get; }
}
