using System.Diagnostics.CodeAnalysis;
using Krewe.Contracts.Grains;

namespace Krewe.Cluster;

/// <summary>Tells a run five times a second where a silo's actors stand, one report at a time. Any thread.</summary>
/// <param name="run">The run.</param>
/// <param name="make">Makes a report.</param>
/// <param name="answered">Called with a report that has arrived, and what the run says to do.</param>
/// <param name="link">Told whether the run answers.</param>
/// <param name="ended">Ends the reports.</param>
[SuppressMessage("Design", "CA1001", Justification = "The semaphore has no wait handle, and a renewal of a lease may still hold it when the run is disposed.")]
internal sealed class ActorReports(
    ITrainingRunGrain run, Func<ActorSiloReport> make, Func<ActorSiloReport, RunDirective, Task> answered, RunLink link, CancellationToken ended)
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(200);
    private readonly SemaphoreSlim _one = new(1);

    /// <summary>Reports until the reports are ended.</summary>
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
                catch (Exception e) when (e is not OperationCanceledException)
                {
                    // The run comes back by itself; until then the actors go on with what they have.
                    link.Failed(e);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The silo is being shut down, or the run has ended.
        }
    }

    /// <summary>Sends one now.</summary>
    public Task Send() => Between(async () =>
    {
        ActorSiloReport report = make();
        await answered(report, await run.ReportActors(report));
        return true;
    });

    /// <summary>Does something while no report is on its way.</summary>
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
