using System.Globalization;
using Krewe.Contracts;

namespace Krewe.Replay;

/// <summary>What every replay refuses at its door. Pure; any thread.</summary>
internal static class Misuse
{
    /// <summary>Refuses a timeout that is neither a time nor infinite.</summary>
    /// <param name="timeout">The timeout.</param>
    public static void CheckTimeout(TimeSpan timeout)
    {
        if (timeout < TimeSpan.Zero && timeout != Timeout.InfiniteTimeSpan)
        {
            throw new ArgumentOutOfRangeException(nameof(timeout), timeout, "must not be negative, unless infinite");
        }
    }

    /// <summary>Refuses a mini-batch that was allocated for another spec.</summary>
    /// <param name="destination">The batch.</param>
    /// <param name="spec">The replay's spec.</param>
    public static void CheckSpec(SampledBatch destination, SegmentSpec spec)
    {
        if (!ReferenceEquals(destination.Spec, spec) && destination.Spec.Hash != spec.Hash)
        {
            throw new ArgumentException($"the batch is for {destination.Spec}, the replay holds {spec}", nameof(destination));
        }
    }

    /// <summary>Refuses rows that a mini-batch does not have, before anything is counted.</summary>
    /// <param name="destination">The batch.</param>
    /// <param name="start">The first row.</param>
    /// <param name="count">Number of rows, at least 1.</param>
    public static void CheckRows(SampledBatch destination, int start, int count)
    {
        if (start < 0 || count < 1 || start > destination.Count - count)
        {
            throw new ArgumentException(string.Create(
                CultureInfo.InvariantCulture,
                $"{count} rows from row {start} on: must be at least one and within the batch's {destination.Count}"));
        }
    }

    /// <summary>Refuses a request larger than the band was checked for: it could wait for ever.</summary>
    /// <param name="what">"append" or "sample".</param>
    /// <param name="transitions">Its transitions.</param>
    /// <param name="largest">The bound.</param>
    public static void CheckLargest(string what, int transitions, int largest)
    {
        if (transitions > largest)
        {
            throw new ArgumentException(string.Create(
                CultureInfo.InvariantCulture,
                $"{what} of {transitions} transitions: the rate limiter was built for at most {largest}"));
        }
    }

    /// <summary>Refuses priorities of which any is wrong, before one is applied.</summary>
    /// <param name="shards">Shards, [n].</param>
    /// <param name="positions">Positions, [n].</param>
    /// <param name="priorities">Priorities, [n].</param>
    /// <param name="firstShard">The smallest valid shard.</param>
    /// <param name="lastShard">The largest valid shard.</param>
    public static void CheckPriorities(
        ReadOnlySpan<int> shards, ReadOnlySpan<long> positions, ReadOnlySpan<float> priorities, int firstShard, int lastShard)
    {
        if (shards.Length != positions.Length || positions.Length != priorities.Length)
        {
            throw new ArgumentException(string.Create(
                CultureInfo.InvariantCulture,
                $"{shards.Length} shards, {positions.Length} positions and {priorities.Length} priorities: must be as many"));
        }

        for (int i = 0; i < shards.Length; i++)
        {
            if (shards[i] < firstShard || shards[i] > lastShard)
            {
                throw new ArgumentException(string.Create(
                    CultureInfo.InvariantCulture,
                    $"sample {i}: shard {shards[i]}, must be in [{firstShard}, {lastShard}]"), nameof(shards));
            }

            if (!(priorities[i] >= 0) || !float.IsFinite(priorities[i]))
            {
                throw new ArgumentException(string.Create(
                    CultureInfo.InvariantCulture,
                    $"sample {i}: priority {priorities[i]}, must be finite and not negative"), nameof(priorities));
            }
        }
    }
}
