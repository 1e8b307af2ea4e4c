using Krewe.Networks;

namespace Krewe.Learner;

/// <summary>The transposed input of a layer, [inputs + 1, rows], with its masks; the last row is ones, the input of the bias.</summary>
internal sealed unsafe class TransposedRows
{
    private readonly KernelSet _kernels;
    private readonly AlignedFloats _values;
    private readonly AlignedMasks _masks;
    private readonly AlignedMasks _part;
    private int _width;
    private int _rows;

    /// <summary>Allocates memory.</summary>
    /// <param name="kernels">The kernels.</param>
    /// <param name="width">The largest number of inputs.</param>
    /// <param name="capacity">The largest number of rows, at most 64: a row's mask is one word.</param>
    public TransposedRows(KernelSet kernels, int width, int capacity)
    {
        _kernels = kernels;
        Stride = AlignedFloats.Stride(capacity);
        int inputs = checked(AlignedFloats.Pad(width) + 1);
        _values = new AlignedFloats(checked(inputs * Stride));
        _masks = new AlignedMasks(inputs, AlignedFloats.Pad(capacity));
        _part = new AlignedMasks(inputs, AlignedFloats.Pad(capacity));
    }

    /// <summary>The first input.</summary>
    public float* Pointer => _values.Pointer;

    /// <summary>Floats from one input to the next.</summary>
    public int Stride { get; }

    /// <summary>Transposes an input.</summary>
    /// <param name="input">The input, not one-hot.</param>
    /// <param name="width">Its width.</param>
    /// <param name="rows">Number of rows.</param>
    public void Take(in Activations input, int width, int rows)
    {
        // Raw observations have no padding and usually only a handful of columns.
        int whole = input.Stride % AlignedFloats.Lanes == 0 ? AlignedFloats.Pad(width) : width & ~(AlignedFloats.Lanes - 1);
        if (whole > 0)
        {
            _kernels.Transpose(input.Values, input.Stride, rows, whole, Pointer, Stride);
        }

        for (int column = whole; column < width; column++)
        {
            for (int row = 0; row < rows; row++)
            {
                Pointer[(column * Stride) + row] = input.Values[(row * input.Stride) + column];
            }
        }

        new Span<float>(Pointer + ((nint)width * Stride), rows).Fill(1f);
        _kernels.WriteMasks(Pointer, Stride, width + 1, rows, _masks.Pointer, _masks.Stride);
        (_width, _rows) = (width, rows);
    }

    /// <summary>The masks of some of the rows, one word an input; they stand until the next call.</summary>
    /// <param name="row">The first row.</param>
    /// <param name="rows">Number of rows.</param>
    public ulong* Masks(int row, int rows)
    {
        if (rows == _rows)
        {
            return _masks.Pointer;
        }

        ulong valid = (1UL << rows) - 1;
        for (int i = 0; i <= _width; i++)
        {
            _part.Pointer[i] = (_masks.Pointer[i] >> row) & valid;
        }

        return _part.Pointer;
    }
}
