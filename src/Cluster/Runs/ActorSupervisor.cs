using Krewe.Contracts;
using Krewe.Contracts.Grains;
using Microsoft.Extensions.Logging;
using Orleans.Runtime.Placement;

namespace Krewe.Cluster;

/// <summary>Moves a run's actors to their assigned silos: starts missing ones and moves surplus ones. Owned by the run's grain.</summary>
internal sealed partial class ActorSupervisor(string runId, IGrainFactory grains, SiloDirectory directory, ActorFleet fleet, ILogger logger)
{
    private const int MostAtOnce = 64;
    private static readonly TimeSpan ReportLag = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan RefusalPause = TimeSpan.FromSeconds(5);

    private readonly Dictionary<int, Attempt> _attempts = [];
    private readonly Dictionary<SiloAddress, (string Reason, DateTime Until)> _refusals = [];

    /// <summary>Number of actors wanted.</summary>
    public int Wanted { get; private set; }

    /// <summary>Why actors could not be started on their assigned silo; null if there was no failure.</summary>
    public string? Refusal => _refusals.Count > 0 ? _refusals.Values.First().Reason : null;

    /// <summary>Takes the next actions without waiting for a silo.</summary>
    /// <param name="actorCount">Number of actors of the run; 0 to follow the silos.</param>
    /// <param name="actorsPerCore">Actors per core, when the number follows the silos.</param>
    public void Supervise(int actorCount, double actorsPerCore)
    {
        DateTime now = DateTime.UtcNow;
        IReadOnlyList<ActiveSilo> silos = directory.With(SiloRoles.Actor);
        foreach (SiloAddress silo in _refusals.Where(refusal => refusal.Value.Until < now).Select(refusal => refusal.Key).ToList())
        {
            _refusals.Remove(silo);
        }

        int cores = silos.Sum(silo => silo.Profile.Cores);
        Wanted = actorCount > 0 ? actorCount : Math.Max(silos.Count > 0 ? 1 : 0, (int)Math.Round(actorsPerCore * cores));
        var usable = silos.Where(silo => !_refusals.ContainsKey(silo.Address)).Select(silo => (silo.Address, silo.Profile.Cores)).ToList();
        Dictionary<int, SiloAddress> places = fleet.Places();
        AssignmentPlan<SiloAddress> plan = ActorAssignment.Plan(Wanted, usable, places);
        var moves = plan.Start.ToDictionary(start => start.Actor, start => start.Silo);
        foreach (int actor in plan.Release)
        {
            Try(actor, now, () => At(moves.GetValueOrDefault(actor), grains.GetGrain<IActorGrain>(actor, runId).Release), places[actor]);
        }

        foreach ((int actor, SiloAddress silo) in plan.Start)
        {
            if (!places.ContainsKey(actor))
            {
                Try(actor, now, () => At(silo, () => grains.GetGrain<IActorGrain>(actor, runId).Start(Wanted)), silo);
            }
        }
    }

    /// <summary>Passes the actor's placement as a hint with the call.</summary>
    private static async Task At(SiloAddress? silo, Func<Task> call)
    {
        if (silo is not null)
        {
            RequestContext.Set(IPlacementDirector.PlacementHintKey, silo);
        }

        Task task = call();
        RequestContext.Remove(IPlacementDirector.PlacementHintKey);
        await task;
    }

    private void Try(int actor, DateTime now, Func<Task> action, SiloAddress silo)
    {
        // A successful start soon appears in a report; until then it is not repeated.
        if (_attempts.TryGetValue(actor, out Attempt? attempt) && (!attempt.Task.IsCompleted || attempt.At + ReportLag > now))
        {
            return;
        }

        if (_attempts.Values.Count(other => !other.Task.IsCompleted) < MostAtOnce)
        {
            _attempts[actor] = new Attempt(Guard(actor, action, silo), now);
        }
    }

    private async Task Guard(int actor, Func<Task> action, SiloAddress silo)
    {
        try
        {
            await action();
        }
        catch (KreweException e)
        {
            // This silo cannot run the environment; others may.
            LogRefused(runId, silo, actor, e.Message);
            _refusals[silo] = ($"a silo that can run actor {actor}; {silo.ToParsableString()} cannot: {e.Message}", DateTime.UtcNow + RefusalPause);
        }
        catch (Exception e)
        {
            string reason = SiloText.Of(e);
            LogNotStarted(runId, silo, actor, reason);
        }
    }

    private sealed record Attempt(Task Task, DateTime At);

    [LoggerMessage(Level = LogLevel.Warning, Message = "run {RunId}: silo {Silo} cannot run actor {Actor}: {Reason}")]
    private partial void LogRefused(string runId, SiloAddress silo, int actor, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "run {RunId}: actor {Actor} could not be started on or moved to silo {Silo} yet: {Reason}")]
    private partial void LogNotStarted(string runId, SiloAddress silo, int actor, string reason);
}
