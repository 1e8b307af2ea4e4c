using Orleans.Concurrency;

namespace Krewe.Contracts.Grains;

/// <summary>The index of a cluster's runs; its key is 0.</summary>
[Alias("krewe.IRunIndexGrain")]
public interface IRunIndexGrain : IGrainWithIntegerKey
{
    /// <summary>Called by runs only: adds an id, before the run's record is written.</summary>
    /// <param name="runId">The run's id; adding it again has no effect.</param>
    [Alias("Add")]
    Task Add(string runId);

    /// <summary>Called by runs only: removes an id, after the run's record has been removed.</summary>
    /// <param name="runId">The run's id.</param>
    [Alias("Remove")]
    Task Remove(string runId);

    /// <summary>The ids of all runs, oldest first. They may include one whose creation failed: its status is null.</summary>
    [Alias("List"), AlwaysInterleave]
    Task<string[]> List();
}
