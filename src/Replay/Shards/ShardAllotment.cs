namespace Krewe.Replay;

/// <summary>Divides a mini-batch among shards. Thread-safe.</summary>
public static class ShardAllotment
{
    /// <summary>
    /// Divides <paramref name="batch"/> in proportion to the masses of the shards: shard j gets the quota batch * mass_j / total, rounded up
    /// or down at random so that its expectation is the quota (systematic sampling: the running quota plus one common offset, rounded down).
    /// The parts always add up, and a shard without mass gets none. With whole masses, as of uniform sampling, the arithmetic is exact while
    /// batch * total is below 2^53.
    /// </summary>
    /// <param name="batch">Total number of transitions.</param>
    /// <param name="masses">Mass of each shard, not negative, [shards].</param>
    /// <param name="total">Their sum, positive.</param>
    /// <param name="offset">Uniform in [0, <paramref name="total"/>); a whole number if the masses are.</param>
    /// <param name="counts">Receives each shard's part, [shards].</param>
    public static void Divide(int batch, ReadOnlySpan<double> masses, double total, double offset, Span<int> counts)
    {
        double running = offset;
        int given = 0;
        int last = masses.LastIndexOfAnyExcept(0);
        for (int j = 0; j < masses.Length; j++)
        {
            // Rounding must neither leave a remainder nor give more than there is.
            running += batch * masses[j];
            int upTo = j == last ? batch : masses[j] == 0 ? given : (int)Math.Clamp(Math.Floor(running / total), given, batch);
            counts[j] = upTo - given;
            given = upTo;
        }
    }
}
