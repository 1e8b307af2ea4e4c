using Krewe.Networks;
using Krewe.Runtime;

namespace Krewe.Cluster.ProcessTests;

/// <summary>A run whose learner uses libtorch.</summary>
public sealed class TorchRunTests : IAsyncLifetime
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private TestCluster? _cluster;

    public async ValueTask InitializeAsync() => _cluster = await TestCluster.Start("learner", "replay", "actor");

    public ValueTask DisposeAsync() => _cluster!.DisposeAsync();

    [Fact]
    public Task Only_the_learners_process_loads_libtorch_and_actors_support_all_of_its_layers() => _cluster!.Explain(async () =>
    {
        TestRun run = await TestRun.Submit(
            _cluster, "torch", "--backend", "torch", "--device", "cpu", "--set", "network.layer_norm=true", "--set", "network.dueling=true", "--steps", "1000000");
        await run.Until("actors use the learned policy", Limit, status =>
            status.Figures.Updates > 200 && status.ActingVersions.Count > 0 && status.ActingVersions.Values.All(version => version > 0) && status.EvaluationCount > 0);
        foreach (SiloProcess silo in _cluster.Silos)
        {
            string maps = await File.ReadAllTextAsync($"/proc/{silo.Process.Id}/maps");
            Assert.True((silo.Roles == "learner") == maps.Contains("libtorch", StringComparison.Ordinal), $"the {silo.Roles} silo and libtorch");
        }

        string checkpoint = (await _cluster.Command("checkpoint", run.Id)).Ok().Lines[^1];
        Assert.True(CheckpointFolder.Read(checkpoint).State.Policy is NetworkSpec { Architecture: { LayerNorm: true, Dueling: true } });
        (await _cluster.Command("stop", run.Id)).Ok();
    });
}
