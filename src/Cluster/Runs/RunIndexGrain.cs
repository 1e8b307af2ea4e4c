using Krewe.Contracts;
using Krewe.Contracts.Grains;

namespace Krewe.Cluster;

/// <summary>The ids of a cluster's runs; the runs keep their own records.</summary>
[GrainType("krewe.runs")]
internal sealed class RunIndexGrain(
    [PersistentState("runs", SiloSetup.Storage)] IPersistentState<RunIndexState> store, MembershipProbe membership) : Grain, IRunIndexGrain
{
    public async Task Add(string runId)
    {
        await RequireCluster();
        await Change(ids => ids.Contains(runId) ? ids : [.. ids, runId]);
    }

    public Task Remove(string runId) => Change(ids => [.. ids.Where(id => id != runId)]);

    public async Task<string[]> List()
    {
        await RequireCluster();
        return [.. store.State.RunIds];
    }

    /// <summary>Without the silo that holds the cluster's state in memory, this grain starts empty on another: it knows no runs, but there may be some.</summary>
    private async Task RequireCluster()
    {
        if (await membership.Problem() is { } problem)
        {
            throw new KreweException($"the cluster is unreachable: {problem}");
        }
    }

    private async Task Change(Func<List<string>, List<string>> change)
    {
        List<string> before = store.State.RunIds;
        store.State.RunIds = change(before);
        try
        {
            await store.WriteStateAsync();
        }
        catch
        {
            store.State.RunIds = before;
            throw;
        }
    }
}

/// <summary>Persisted state of the index.</summary>
[GenerateSerializer, Alias("krewe.RunIndexState")]
internal sealed class RunIndexState
{
    /// <summary>Ids of the runs, oldest first.</summary>
    [Id(0)]
    public List<string> RunIds { get; set; } = [];
}
