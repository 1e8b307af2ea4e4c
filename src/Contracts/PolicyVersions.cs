using System.Globalization;

namespace Krewe.Contracts;

/// <summary>
/// Policy versions of a run whose learner may be started again elsewhere: version = epoch * 2^40 + number. An epoch is one life of a
/// learner, given when it is started, and grows by one each time. Pure; any thread.
/// </summary>
/// <remarks>
/// This fences a learner that was replaced but still runs: every version of a newer epoch is greater than every version of
/// an older one, however far its numbers had come, so <see cref="IPolicySink.Publish"/>, which ignores what is not newer, ignores the old
/// learner from the new one's first version on. A run in one process stays in epoch 0, where version and number are the same. The version
/// -1, "none yet", belongs to no epoch and is older than all.
/// </remarks>
public static class PolicyVersions
{
    /// <summary>The largest epoch.</summary>
    public const long MaxEpoch = (1L << (63 - NumberBits)) - 1;

    /// <summary>The largest number: a million publications a second for twelve days.</summary>
    public const long MaxNumber = (1L << NumberBits) - 1;

    private const int NumberBits = 40;

    /// <summary>The version of a number in an epoch.</summary>
    /// <param name="epoch">The epoch, 0 to <see cref="MaxEpoch"/>.</param>
    /// <param name="number">The number, 0 to <see cref="MaxNumber"/>.</param>
    public static long Of(long epoch, long number)
    {
        CheckEpoch(epoch);
        ArgumentOutOfRangeException.ThrowIfNegative(number);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(number, MaxNumber);
        return (epoch << NumberBits) | number;
    }

    /// <summary>The version before an epoch's first: where a learner of that epoch starts counting; -1 for epoch 0.</summary>
    /// <param name="epoch">The epoch, 0 to <see cref="MaxEpoch"/>.</param>
    public static long Before(long epoch)
    {
        CheckEpoch(epoch);
        return (epoch << NumberBits) - 1;
    }

    /// <summary>The epoch of a version; -1 for the version -1.</summary>
    /// <param name="version">A version, -1 or more.</param>
    public static long EpochOf(long version)
    {
        CheckVersion(version);
        return version >> NumberBits;
    }

    /// <summary>The number of a version within its epoch; -1 for the version -1.</summary>
    /// <param name="version">A version, -1 or more.</param>
    public static long NumberOf(long version)
    {
        CheckVersion(version);
        return version < 0 ? -1 : version & MaxNumber;
    }

    /// <summary>A version for people: "7" in epoch 0, "2:7" in epoch 2, "none" for -1.</summary>
    /// <param name="version">A version, -1 or more.</param>
    public static string Describe(long version)
    {
        long epoch = EpochOf(version);
        return epoch switch
        {
            < 0 => "none",
            0 => version.ToString(CultureInfo.InvariantCulture),
            _ => string.Create(CultureInfo.InvariantCulture, $"{epoch}:{NumberOf(version)}"),
        };
    }

    /// <summary>
    /// Versions by which one is behind another, 0 when it is not. A version of an older epoch is behind by every version of the newer one; how many
    /// versions of its own epoch it missed is unknown.
    /// </summary>
    /// <param name="newest">The newest version.</param>
    /// <param name="version">The version that may be behind.</param>
    public static long Lag(long newest, long version) =>
        EpochOf(newest) == EpochOf(version) ? Math.Max(0, newest - version)
        : newest > version ? NumberOf(newest) + 1
        : 0;

    private static void CheckEpoch(long epoch)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(epoch);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(epoch, MaxEpoch);
    }

    private static void CheckVersion(long version) => ArgumentOutOfRangeException.ThrowIfLessThan(version, -1);
}
