namespace Krewe.Cluster.ProcessTests;

/// <summary>A cluster of one learner, two replay and two actor silos, with a run that lasts until it is stopped.</summary>
public sealed class ChaosCluster : IAsyncLifetime
{
    internal TestCluster Cluster { get; private set; } = null!;

    internal TestRun Run { get; private set; } = null!;

    internal RunWatch Watch { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Cluster = await TestCluster.Start("learner", "replay", "replay", "actor", "actor");
        try
        {
            await Cluster.Explain(async () => Run = await TestRun.Submit(
                Cluster, "chaos", "--steps", "2000000000", "--set", "run.checkpoint_interval=20000", "--set", "evaluation.interval=50000"));
            Watch = RunWatch.Start(Run);
        }
        catch
        {
            await Cluster.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Watch.DisposeAsync();
        await Cluster.DisposeAsync();
    }
}
