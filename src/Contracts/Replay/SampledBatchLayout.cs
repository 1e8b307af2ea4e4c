
namespace Krewe.Contracts;

/// <summary>
/// Where the columns of a <see cref="SampledBatch"/> lie for a number of rows: each group of columns at a multiple of 64 bytes from the
/// block's start. Pure.
/// </summary>
internal readonly struct SampledBatchLayout
{
    /// <summary>Lays the columns out.</summary>
    /// <param name="observationBytes">Bytes of one observation.</param>
    /// <param name="count">Rows.</param>
    public SampledBatchLayout(int observationBytes, int count)
    {
        long observations = (long)observationBytes * count;
        NextObservations = Align(Observations + observations);
        Floats = Align(NextObservations + observations);
        Actions = Floats + (4L * 4 * count);
        Shards = Actions + (4L * count);
        Positions = Align(Shards + (4L * count));
        End = Positions + (8L * count);
    }

    /// <summary>Offset of s.</summary>
    public static long Observations => SampledBatch.HeaderBytes;

    /// <summary>Offset of s'.</summary>
    public long NextObservations { get; }

    /// <summary>Offset of the four float columns.</summary>
    public long Floats { get; }

    /// <summary>Offset of a.</summary>
    public long Actions { get; }

    /// <summary>Offset of the shards.</summary>
    public long Shards { get; }

    /// <summary>Offset of the positions.</summary>
    public long Positions { get; }

    /// <summary>Bytes of the whole block.</summary>
    public long End { get; }

    private static long Align(long offset) => (offset + 63) & ~63L;
}
