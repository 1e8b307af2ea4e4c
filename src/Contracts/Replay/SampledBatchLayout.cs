namespace Krewe.Contracts;

/// <summary>
/// The column offsets of a <see cref="SampledBatch"/> with a given number of rows. Each group of columns starts at a multiple of 64 bytes
/// from the start of the block.
/// </summary>
internal readonly struct SampledBatchLayout
{
    /// <summary>Computes the offsets.</summary>
    /// <param name="spec">The slot format.</param>
    /// <param name="count">Number of rows.</param>
    public SampledBatchLayout(SegmentSpec spec, int count)
    {
        long observations = (long)spec.ObservationBytes * count;
        NextObservations = Align(Observations + observations);
        Floats = Align(NextObservations + observations);
        Actions = Floats + (4L * 4 * count);
        Shards = Actions + ((long)spec.ActionBytes * count);
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

    /// <summary>Size of the whole block in bytes.</summary>
    public long End { get; }

    private static long Align(long offset) => (offset + 63) & ~63L;
}
