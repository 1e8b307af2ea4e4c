using System.Diagnostics;

namespace Krewe.Cluster;

/// <summary>
/// Determines how many steps a silo leases: those of a quarter of a second at its current speed, so that leasing is cheap and few steps
/// are outstanding if the silo is lost. Not thread-safe.
/// </summary>
internal sealed class LeaseClock
{
    private const double Seconds = 0.25;

    private long _at = Stopwatch.GetTimestamp();
    private long _before;
    private long _wanted;

    /// <summary>The number of steps to lease now.</summary>
    /// <param name="leased">Steps leased so far, all of them claimed.</param>
    /// <param name="rollout">Steps of one rollout.</param>
    public long Wanted(long leased, int rollout)
    {
        double elapsed = Math.Max(Stopwatch.GetElapsedTime(_at).TotalSeconds, 1e-4);
        double speed = (leased - _before) / elapsed;
        (_at, _before) = (Stopwatch.GetTimestamp(), leased);

        // At most double: the first leases say little about the speed.
        long most = Math.Max(16L * rollout, 2 * _wanted);
        _wanted = (long)Math.Clamp(speed * Seconds, rollout, most);
        return _wanted;
    }
}
