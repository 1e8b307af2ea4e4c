using System.Collections.Concurrent;
using Krewe.Contracts;
using Krewe.Environments;
using Microsoft.Extensions.Logging;

namespace Krewe.Cluster;

/// <summary>The runs that have actors on this silo. Any thread.</summary>
internal sealed class ActorSilo(
    IGrainFactory grains, ILocalSiloDetails silo, EnvironmentRegistry registry, ILoggerFactory loggers)
    : ILifecycleParticipant<ISiloLifecycle>
{
    private readonly ConcurrentDictionary<string, Lazy<Task<ActorSiloRun>>> _runs = new();

    /// <summary>Takes part in a run; the first call fetches what the run is.</summary>
    /// <param name="runId">The run.</param>
    /// <exception cref="KreweException">There is no such run, or its environment cannot be made here.</exception>
    public async Task<ActorSiloRun> Join(string runId)
    {
        Lazy<Task<ActorSiloRun>> entry = _runs.GetOrAdd(
            runId,
            id => new Lazy<Task<ActorSiloRun>>(() => Task.Run(() => ActorSiloRun.Create(id, grains, silo.SiloAddress, registry, Forget, loggers))));
        try
        {
            return await entry.Value;
        }
        catch
        {
            // The next call tries again.
            _runs.TryRemove(KeyValuePair.Create(runId, entry));
            throw;
        }
    }

    /// <summary>The run, if the silo takes part in it.</summary>
    public ActorSiloRun? Find(string runId) =>
        _runs.TryGetValue(runId, out Lazy<Task<ActorSiloRun>>? entry) && entry is { IsValueCreated: true, Value.IsCompletedSuccessfully: true }
            ? entry.Value.Result
            : null;

    /// <summary>The oldest version that an actor on this silo acts with, over all runs; -1 when none acts.</summary>
    public long OldestActingVersion => _runs.Keys.Select(Find).OfType<ActorSiloRun>().Select(run => run.OldestActingVersion).DefaultIfEmpty(-1).Min();

    /// <summary>Actors end before the silo's grains do: what they have sent is answered, and nobody reports from a silo that is gone.</summary>
    public void Participate(ISiloLifecycle lifecycle) =>
        lifecycle.Subscribe(nameof(ActorSilo), ServiceLifecycleStage.Active, _ => Task.CompletedTask, _ => Leave());

    private async Task Leave()
    {
        foreach (string runId in _runs.Keys)
        {
            if (Find(runId) is { } run)
            {
                await run.DisposeAsync();
            }
        }
    }

    private void Forget(ActorSiloRun run)
    {
        if (_runs.TryGetValue(run.RunId, out Lazy<Task<ActorSiloRun>>? entry) && ReferenceEquals(Find(run.RunId), run))
        {
            _runs.TryRemove(KeyValuePair.Create(run.RunId, entry));
        }
    }
}
