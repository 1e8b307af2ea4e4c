using Krewe.Contracts;
using Krewe.Contracts.Grains;

namespace Krewe.Cluster;

/// <summary>Leases steps from a run's budget for a silo and counts those that are outstanding. Thread-safe.</summary>
/// <param name="run">The run.</param>
/// <param name="silo">The silo.</param>
/// <param name="rollout">Steps of a whole rollout of one actor: the smallest useful lease.</param>
/// <param name="counters">The counters from which actors claim their steps.</param>
/// <param name="reports">The silo's reports, which include the outstanding steps.</param>
/// <param name="ended">Cancels waiting for steps.</param>
internal sealed class StepLeases(
    ITrainingRunGrain run, string silo, int rollout, RunCounters counters, ActorReports reports, CancellationToken ended)
{
    private static readonly TimeSpan RetryPause = TimeSpan.FromMilliseconds(20);

    private readonly Lock _lock = new();
    private readonly LeaseClock _clock = new();
    private Task<bool>? _renewal;
    private long _leased;
    private long _acknowledged;
    private long _givenUp;

    /// <summary>Steps that replay has acknowledged.</summary>
    public long Acknowledged => Volatile.Read(ref _acknowledged);

    /// <summary>Steps that were leased and are still to be done.</summary>
    /// <param name="acknowledged">The value of <see cref="Acknowledged"/> that goes into the same report.</param>
    public long Outstanding(long acknowledged) => Volatile.Read(ref _leased) - acknowledged - Volatile.Read(ref _givenUp);

    /// <summary>Counts the environment steps of a rollout that replay has acknowledged.</summary>
    public void Acknowledge(long steps) => Interlocked.Add(ref _acknowledged, steps);

    /// <summary>Returns steps that an actor claimed and will not do, because it has left.</summary>
    public void GiveUp(long steps) => Interlocked.Add(ref _givenUp, steps);

    /// <summary>Leases more steps; concurrent callers share one lease.</summary>
    /// <returns>Whether actors may try again; false when the budget is spent.</returns>
    public Task<bool> Renew()
    {
        lock (_lock)
        {
            return _renewal is { IsCompleted: false } ? _renewal : _renewal = Task.Run(Take, CancellationToken.None);
        }
    }

    private async Task<bool> Take()
    {
        // Another renewal may have completed between the caller's failed claim and this one.
        if (counters.Remaining > 0)
        {
            return true;
        }

        await reports.Send();

        // No report while a lease is in flight: it would omit the steps just leased, and another silo would get them too.
        StepLease lease = await reports.Between(async () =>
        {
            StepLease taken = await run.LeaseSteps(silo, _clock.Wanted(Volatile.Read(ref _leased), rollout), rollout);
            Interlocked.Add(ref _leased, taken.End - taken.Start);
            return taken;
        });
        if (lease.End > lease.Start)
        {
            counters.Lease(lease.Start, lease.End);
            return true;
        }

        if (!lease.Exhausted)
        {
            await Task.Delay(RetryPause, ended);
        }

        return !lease.Exhausted;
    }
}
