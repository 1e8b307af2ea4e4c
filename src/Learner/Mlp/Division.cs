using Krewe.Networks;

namespace Krewe.Learner;

/// <summary>
/// How much work is divided over how many threads. A function of the sizes and the number of threads alone, so that the same options give
/// the same bits.
/// </summary>
internal static class Division
{
    /// <summary>
    /// Parameters times rows of a batch that a thread needs: about 60 us of forward and backward passes. 4-64-64-2 has 0.3 million for a
    /// batch of 64 and 2.4 million for 512; 4-256-256-2 has 4.3 and 35 million.
    /// </summary>
    public const long WorkPerThread = 1_000_000;

    /// <summary>Parameters that a thread needs where each is read and written once: about 5 us of Adam.</summary>
    public const int ParametersPerThread = 16_384;

    /// <summary>The rows of a transposed input are whole cache lines.</summary>
    private const int RowUnit = AlignedFloats.Lanes;

    /// <summary>The largest number of rows that each thread gets; the last may get fewer.</summary>
    /// <param name="rows">Rows of the batch.</param>
    /// <param name="parameters">Parameters of the network.</param>
    /// <param name="threads">Number of threads.</param>
    public static int RowsPerThread(int rows, int parameters, int threads)
    {
        long parts = Math.Clamp((long)rows * parameters / WorkPerThread, 1, threads);
        long each = (rows + parts - 1) / parts;
        return parts == 1 ? rows : (int)((each + RowUnit - 1) / RowUnit * RowUnit);
    }

    /// <summary>Number of ranges for work on all parameters.</summary>
    /// <param name="length">Number of parameters, padding included.</param>
    /// <param name="threads">Number of threads.</param>
    public static int Ranges(int length, int threads) => Math.Clamp(length / ParametersPerThread, 1, threads);

    /// <summary>One of several ranges of parameters, whole cache lines.</summary>
    /// <param name="length">Number of parameters, a multiple of <see cref="AlignedFloats.Lanes"/>.</param>
    /// <param name="part">The number of the range.</param>
    /// <param name="parts">Number of ranges.</param>
    public static (int Start, int Length) Range(int length, int part, int parts)
    {
        long lines = length / AlignedFloats.Lanes;
        int start = (int)(lines * part / parts) * AlignedFloats.Lanes;
        int end = (int)(lines * (part + 1) / parts) * AlignedFloats.Lanes;
        return (start, end - start);
    }
}
