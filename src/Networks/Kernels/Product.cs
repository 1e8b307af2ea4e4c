namespace Krewe.Networks;

/// <summary>
/// The arguments of a matrix product: output [Rows, Columns] = bias + left [Rows, Depth] * right [Depth, Columns]. The left factor has
/// many zeros and comes with a mask of its nonzero elements. Strides are in elements.
/// </summary>
internal unsafe struct Product
{
    /// <summary>Left factor, row-major; only elements whose mask bit is set are read.</summary>
    public float* Left;
    public nint LeftStride;

    /// <summary>One bit per element of the left factor; a stride of 0 gives every row the same mask.</summary>
    public ulong* Mask;
    public nint MaskStride;

    /// <summary>Right factor, row-major, readable up to <see cref="Columns"/>.</summary>
    public float* Right;
    public nint RightStride;

    /// <summary>Added to every row; null for no bias.</summary>
    public float* Bias;

    /// <summary>Whether to add to the output instead of replacing it; without bias.</summary>
    public bool Accumulate;

    /// <summary>Receives the product.</summary>
    public float* Output;
    public nint OutputStride;

    /// <summary>Rows of the left factor and of the output.</summary>
    public int Rows;

    /// <summary>Columns of the left factor, rows of the right factor.</summary>
    public int Depth;

    /// <summary>Columns of the right factor and the output, a multiple of <see cref="AlignedFloats.Lanes"/>.</summary>
    public int Columns;

    /// <summary>Receives the mask of the output after ReLU; null for no ReLU.</summary>
    public ulong* OutputMask;
    public nint OutputMaskStride;

    /// <summary>Activations with the shape of the output, which is set to 0 where they are 0 (the derivative of ReLU); null for none.</summary>
    public float* Gate;
    public nint GateStride;
}
