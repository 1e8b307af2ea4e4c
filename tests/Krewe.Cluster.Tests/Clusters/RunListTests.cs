using System.Text.Json;
using Krewe.Cli;
using Krewe.Contracts;
using Krewe.Contracts.Grains;

namespace Krewe.Cluster.Tests;

/// <summary>Tests listing and deleting runs.</summary>
[Collection(nameof(SeparateRoles))]
public sealed class RunListTests(SeparateRoles roles)
{
    [Fact]
    public async Task A_run_is_listed_with_its_state_until_it_is_deleted()
    {
        TestRun run = await TestRun.Create(roles.Silos, Endless.Run());
        await run.UntilRunning();
        RunStatus listed = Assert.Single(await RunList.Fetch(roles.Silos.Grains), status => status.RunId == run.Id);
        Assert.Equal(RunState.Running, listed.State);
        Assert.Matches($"(?m)^{run.Id} +running +CartPole-v1 +[0-9,]+ / 1,000,000,000 +none$", RunList.Text([listed]));
        JsonElement json = JsonDocument.Parse(RunList.Json([listed])).RootElement.GetProperty("runs")[0];
        Assert.Equal((run.Id, "running"), (json.GetProperty("run_id").GetString(), json.GetProperty("state").GetString()));

        Assert.Equal(
            $"run {run.Id}: is running; end it first (krewe stop {run.Id})",
            (await Assert.ThrowsAsync<InvalidOptionException>(() => run.Grain.Delete())).Message);
        await run.Grain.Stop();
        await run.UntilStopped();
        await run.Grain.Delete();
        Assert.Null(await run.Grain.GetStatus());
        Assert.DoesNotContain(await RunList.Fetch(roles.Silos.Grains), status => status.RunId == run.Id);
        Assert.DoesNotContain(run.Id, await roles.Silos.Grains.GetGrain<IRunIndexGrain>(0).List());
        Assert.True(Directory.Exists(roles.Silos.Folder(run.Id)), "the run's folder was deleted");
    }

    [Fact]
    public void An_empty_list_is_shown_as_no_runs() => Assert.Equal("no runs", RunList.Text([]));
}
