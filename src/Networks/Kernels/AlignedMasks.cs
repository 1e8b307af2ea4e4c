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

    /// <summary>One row with the first <paramref name="columns"/> bits set, for every row of a dense matrix.</summary>
    public static AlignedMasks Ones(int columns)
    {
        var masks = new AlignedMasks(1, columns);
        masks.Set(0, columns);
        return masks;
    }

    /// <summary>The first row's first word.</summary>
    public ulong* Pointer { get; }

    /// <summary>Number of words per row.</summary>
    public int Stride { get; }

    /// <summary>Sets bits of the first row.</summary>
    public void Set(int column, int count)
    {
        for (int end = column + count; column < end; column++)
        {
            _array[column >> 6] |= 1UL << (column & 63);
        }
    }
}
