namespace Krewe.Networks;

/// <summary>What enters a layer: rows of floats, or one-hot rows given by their indices. Strides are in elements.</summary>
internal readonly unsafe struct Activations
{
    /// <summary>The first row; null for one-hot rows.</summary>
    public float* Values { get; init; }

    /// <summary>From one row to the next.</summary>
    public nint Stride { get; init; }

    /// <summary>One bit an element, set where it is not zero; null where hardly any is zero.</summary>
    public ulong* Mask { get; init; }

    /// <summary>Words of a row of <see cref="Mask"/>.</summary>
    public nint MaskStride { get; init; }

    /// <summary>The index of each one-hot row; null for rows of floats.</summary>
    public int* Indices { get; init; }

    /// <summary>The rows from one on.</summary>
    public Activations From(int row) => this with
    {
        Values = Values == null ? null : Values + (row * Stride),
        Mask = Mask == null ? null : Mask + (row * MaskStride),
        Indices = Indices == null ? null : Indices + row,
    };
}
