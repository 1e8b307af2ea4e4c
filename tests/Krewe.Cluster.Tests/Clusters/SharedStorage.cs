using System.Collections.Concurrent;
using Orleans.Serialization;
using Orleans.Storage;

namespace Krewe.Cluster.Tests;

/// <summary>A substitute for Redis: state that outlives every silo, with optimistic concurrency.</summary>
/// <param name="entries">The state, shared by all silos of the cluster.</param>
/// <param name="serializer">Serializes state as real storage would.</param>
internal sealed class SharedStorage(ConcurrentDictionary<string, (byte[] State, string Tag)> entries, Serializer serializer) : IGrainStorage
{
    public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        grainState.RecordExists = entries.TryGetValue(Key(stateName, grainId), out (byte[] State, string Tag) entry);
        grainState.State = grainState.RecordExists ? serializer.Deserialize<T>(entry.State) : Activator.CreateInstance<T>();
        grainState.ETag = grainState.RecordExists ? entry.Tag : null;
        return Task.CompletedTask;
    }

    public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        string key = Key(stateName, grainId);
        (byte[], string) next = (serializer.SerializeToArray(grainState.State), Guid.NewGuid().ToString("N"));
        bool written = entries.TryGetValue(key, out (byte[] State, string Tag) entry)
            ? entry.Tag == grainState.ETag && entries.TryUpdate(key, next, entry)
            : grainState.ETag is null && entries.TryAdd(key, next);
        if (!written)
        {
            throw new InconsistentStateException($"{key} was written by another activation");
        }

        (grainState.ETag, grainState.RecordExists) = (next.Item2, true);
        return Task.CompletedTask;
    }

    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        entries.TryRemove(Key(stateName, grainId), out _);
        (grainState.State, grainState.ETag, grainState.RecordExists) = (Activator.CreateInstance<T>(), null, false);
        return Task.CompletedTask;
    }

    private static string Key(string stateName, GrainId grainId) => $"{stateName}/{grainId}";
}
