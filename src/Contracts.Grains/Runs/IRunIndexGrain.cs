namespace Krewe.Contracts.Grains;

/// <summary>The runs that a cluster keeps a record of; its key is 0.</summary>
[Alias("krewe.IRunIndexGrain")]
public interface IRunIndexGrain : IGrainWithIntegerKey
{
    /// <summary>For runs alone: adds one, before its record is written.</summary>
    /// <param name="runId">The run's id; one that is listed already stays listed once.</param>
    [Alias("Add")]
    Task Add(string runId);

    /// <summary>For runs alone: removes one, after its record has been removed.</summary>
    /// <param name="runId">The run's id.</param>
    [Alias("Remove")]
    Task Remove(string runId);

    /// <summary>The ids of all runs, oldest first. One whose creation failed may be among them: its status is null.</summary>
    [Alias("List")]
    Task<string[]> List();
}
