using System.Globalization;
using Krewe.Contracts;

namespace Krewe.Replay;

/// <summary>Argument checks that every replay performs before it changes anything. Thread-safe.</summary>
internal static class ReplayArguments
{
    /// <summary>Throws if a mini-batch was allocated for another spec.</summary>
    /// <param name="destination">The batch.</param>
    /// <param name="spec">The replay's spec.</param>
    public static void CheckSpec(SampledBatch destination, SegmentSpec spec)
    {
        if (!ReferenceEquals(destination.Spec, spec) && destination.Spec.Hash != spec.Hash)
        {
            throw new ArgumentException($"the batch is for {destination.Spec}, the replay holds {spec}", nameof(destination));
        }
    }

    /// <summary>Throws if any priority is invalid, before one is applied.</summary>
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
                $"{shards.Length} shards, {positions.Length} positions and {priorities.Length} priorities: must be the same number"));
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
