namespace Krewe.Cluster.ProcessTests;

/// <summary>A learner, a replay and an actor silo that reach each other over connections with a configurable delay.</summary>
public sealed class SlowCluster : IAsyncLifetime
{
    private readonly List<DelayingProxy> _lines = [];

    internal TestCluster Cluster { get; private set; } = null!;

    internal TimeSpan Delay
    {
        set => _lines.ForEach(line => line.Delay = value);
    }

    public async ValueTask InitializeAsync()
    {
        Cluster = await TestCluster.Start();
        await Cluster.Explain(async () =>
        {
            foreach (string role in new[] { "learner", "replay", "actor" })
            {
                _lines.Add(new DelayingProxy());
                Cluster.StartSilo(role, _lines[^1]);
            }

            await Task.WhenAll(Cluster.Silos.Select(silo => silo.Ready()));
        });
    }

    public async ValueTask DisposeAsync()
    {
        await Cluster.DisposeAsync();
        _lines.ForEach(line => line.Dispose());
    }
}
