namespace Krewe.Networks;

/// <summary>Rows of floats in memory owned by the caller.</summary>
/// <param name="pointer">The first row.</param>
/// <param name="stride">Floats from one row to the next.</param>
internal readonly unsafe struct Matrix(float* pointer, nint stride)
{
    /// <summary>The first row.</summary>
    public float* Pointer => pointer;

    /// <summary>Floats from one row to the next.</summary>
    public nint Stride => stride;

    /// <summary>One row.</summary>
    public float* Row(int row) => pointer + (row * stride);

    /// <summary>The first elements of one row.</summary>
    public Span<float> Row(int row, int length) => new(Row(row), length);
}
