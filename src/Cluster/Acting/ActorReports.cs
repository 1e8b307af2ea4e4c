using System.Diagnostics.CodeAnalysis;
using Krewe.Contracts.Grains;

namespace Krewe.Cluster;

/// <summary>Reports the state of a silo's actors to a run five times a second, one report at a time. Thread-safe.</summary>
/// <param name="run">The run.</param>
/// <param name="make">Creates a report.</param>
/// <param name="answered">Called with a report that was acknowledged and the run's directive.</param>
/// <param name="link">Tracks whether the run is reachable.</param>
/// <param name="ended">Cancels the reports.</param>
[SuppressMessage("Design", "CA1001", Justification = "A semaphore whose wait handle is never used needs no disposal.")]
internal sealed class ActorReports(
    ITrainingRunGrain run, Func<ActorSiloReport> make, Func<ActorSiloReport, RunDirective, Task> answered, RunLink link, CancellationToken ended)
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(200);
    private readonly SemaphoreSlim _one = new(1);

    /// <summary>Reports until cancelled.</summary>
    public async Task SendAlways()
    {
        using var timer = new PeriodicTimer(Period);
        try
        {
            while (await timer.WaitForNextTickAsync(ended))
            {
                try
                {
                    await Send();
                    link.Answered();
                }
                catch (Exception e) when (!ended.IsCancellationRequested)
                {
                    // Orleans reactivates the run; until then the actors continue with their leased steps.
                    link.Failed(e);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The silo is shutting down, or the run has ended.
        }
    }

    /// <summary>Sends a report now.</summary>
    public Task Send() => Between(async () =>
    {
        ActorSiloReport report = make();
        await answered(report, await run.ReportActors(report));
        return true;
    });

    /// <summary>Runs an operation while no report is in flight.</summary>
    public async Task<T> Between<T>(Func<Task<T>> action)
    {
        await _one.WaitAsync(ended);
        try
        {
            return await action();
        }
        finally
        {
            _one.Release();
        }
    }
}
