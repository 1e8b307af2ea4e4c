using System.Collections.Concurrent;
using Krewe.Contracts;
using Krewe.Environments;
using Microsoft.Extensions.Logging;

namespace Krewe.Cluster;

/// <summary>The runs that have actors on this silo. Thread-safe.</summary>
internal sealed class ActorSilo(
    IGrainFactory grains, ILocalSiloDetails silo, EnvironmentRegistry registry, ILoggerFactory loggers)
    : ILifecycleParticipant<ISiloLifecycle>
{
    private readonly ConcurrentDictionary<string, Lazy<Task<ActorSiloRun>>> _runs = new();

    /// <summary>Joins a run; the first call fetches its specification.</summary>
    /// <param name="runId">The run.</param>
    /// <exception cref="KreweException">The run does not exist, or its environment cannot be created here.</exception>
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

    /// <summary>The run, if the silo has joined it.</summary>
    public ActorSiloRun? Find(string runId) =>
        _runs.TryGetValue(runId, out Lazy<Task<ActorSiloRun>>? entry) && entry is { IsValueCreated: true, Value.IsCompletedSuccessfully: true }
            ? entry.Value.Result
            : null;

    /// <summary>The oldest policy version in use by an actor on this silo, over all runs; -1 if no actor is acting.</summary>
    public long OldestActingVersion => _runs.Keys.Select(Find).OfType<ActorSiloRun>().Select(run => run.OldestActingVersion).DefaultIfEmpty(-1).Min();

    /// <summary>Stops actors before the silo's grains, so that sent batches are acknowledged and nothing is reported afterwards.</summary>
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
