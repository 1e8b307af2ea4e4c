using System.Globalization;

namespace Krewe.Contracts;

/// <summary>
/// Numbers the policy versions of a run whose learner may restart elsewhere: version = epoch * 2^40 + number. An epoch is one incarnation
/// of the learner; it is assigned when the learner starts and increases by one each time. Thread-safe.
/// </summary>
/// <remarks>
/// Epochs fence off a learner that was replaced but still runs: every version of a newer epoch is greater than every version of an older
/// one. <see cref="IPolicySink.Publish(long, ReadOnlySpan{float})"/> ignores versions that are not newer, so it ignores the old learner as soon as the new one has
/// published. A run in one process stays in epoch 0, where version and number are equal. Version -1 means that nothing has been published
/// yet; it belongs to no epoch and is older than all other versions.
/// </remarks>
public static class PolicyVersions
{
    /// <summary>The largest epoch.</summary>
    public const long MaxEpoch = (1L << (63 - NumberBits)) - 1;

    /// <summary>The largest number: enough for a million publications per second over twelve days.</summary>
    public const long MaxNumber = (1L << NumberBits) - 1;

    private const int NumberBits = 40;

    /// <summary>Returns the version with a number in an epoch.</summary>
    /// <param name="epoch">The epoch, 0 to <see cref="MaxEpoch"/>.</param>
    /// <param name="number">The number, 0 to <see cref="MaxNumber"/>.</param>
    public static long Of(long epoch, long number)
    {
        CheckEpoch(epoch);
        ArgumentOutOfRangeException.ThrowIfNegative(number);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(number, MaxNumber);
        return (epoch << NumberBits) | number;
    }

    /// <summary>
    /// Returns the version before the first of an epoch, from which a learner of that epoch starts counting; -1 for epoch 0.
    /// </summary>
    /// <param name="epoch">The epoch, 0 to <see cref="MaxEpoch"/>.</param>
    public static long Before(long epoch)
    {
        CheckEpoch(epoch);
        return (epoch << NumberBits) - 1;
    }

    /// <summary>Returns the epoch of a version; -1 for version -1.</summary>
    /// <param name="version">A version, -1 or more.</param>
    public static long EpochOf(long version)
    {
        CheckVersion(version);
        return version >> NumberBits;
    }

    /// <summary>Returns the number of a version within its epoch; -1 for version -1.</summary>
    /// <param name="version">A version, -1 or more.</param>
    public static long NumberOf(long version)
    {
        CheckVersion(version);
        return version < 0 ? -1 : version & MaxNumber;
    }

    /// <summary>Formats a version for display: "7" in epoch 0, "2:7" in epoch 2, "none" for -1.</summary>
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
    /// Returns the number of versions by which one version is behind another, 0 if it is not. A version of an older epoch is behind by
    /// every version of the newer epoch; how many it missed in its own epoch is unknown.
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
