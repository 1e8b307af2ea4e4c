using System.Collections.Concurrent;
using System.Reflection;
using Krewe.Environments;
using Krewe.Tests;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using Orleans.Serialization;
using Orleans.Storage;
using Orleans.TestingHost;

namespace Krewe.Cluster.Tests;

/// <summary>A cluster in this process: silos with roles, state that outlives them, and one data folder.</summary>
internal sealed class TestSilos : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, (byte[], string)> _storage = new();
    private readonly List<SiloProfile> _profiles;
    private readonly List<EnvironmentRegistry> _registries;
    private readonly ClusterLog _log = new();
    private readonly TemporaryFolder _folder = new();
    private readonly InProcessTestCluster _cluster;
    private readonly List<InProcessSiloHandle> _added = [];

    private TestSilos(EnvironmentRegistry? registry, SiloRoles[] roles)
    {
        _registries = [.. roles.Select(_ => registry ?? EnvironmentRegistry.CreateDefault())];
        _profiles = [.. roles.Select((role, index) => Profile(role, index, cores: 2))];
        var builder = new InProcessTestClusterBuilder((short)roles.Length);
        builder.Options.ConfigureFileLogging = false;

        // Krewe's grain directory is under test, not the test host's own; the switch is not public.
        typeof(InProcessTestClusterOptions).GetProperty("UseTestClusterGrainDirectory", BindingFlags.Instance | BindingFlags.NonPublic)!
            .SetValue(builder.Options, false);
        builder.ConfigureSilo((options, silo) =>
        {
            int index = int.Parse(options.SiloName.Split('_')[1], null);
            SetUp(silo, _profiles[index], _registries[index]);
        });
        _cluster = builder.Build();
    }

    public IGrainFactory Grains => _cluster.Client;

    public string Log => _log.Text;

    public IEnumerable<InProcessSiloHandle> All => [.. _cluster.Silos, .. _added];

    public static async Task<TestSilos> Start(EnvironmentRegistry? registry, params SiloRoles[] roles)
    {
        var silos = new TestSilos(registry, roles);
        await silos._cluster.DeployAsync();
        while (!silos.All.All(silo => silos.All.All(other => Sees(silo, other))))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10));
        }

        return silos;

        static bool Sees(InProcessSiloHandle silo, InProcessSiloHandle other) =>
            silo.ServiceProvider.GetRequiredService<SiloDirectory>().IsActive(other.SiloAddress);
    }

    /// <summary>Returns the folder of a run.</summary>
    public string Folder(string runId) => _folder[runId];

    /// <summary>Adds a silo, with the environments of the first one unless others are given.</summary>
    public async Task<InProcessSiloHandle> Add(SiloRoles roles, int cores = 2, EnvironmentRegistry? registry = null)
    {
        _registries.Add(registry ?? _registries[0]);
        _profiles.Add(Profile(roles, _profiles.Count, cores));
        InProcessSiloHandle silo = await _cluster.StartSiloAsync(_profiles.Count - 1, _cluster.Options);
        _added.Add(silo);
        return silo;
    }

    /// <summary>Kills a silo.</summary>
    public Task Kill(InProcessSiloHandle silo)
    {
        _added.Remove(silo);
        return _cluster.KillSiloAsync(silo);
    }

    /// <summary>Shuts a silo down gracefully.</summary>
    public Task Stop(InProcessSiloHandle silo)
    {
        _added.Remove(silo);
        return _cluster.StopSiloAsync(silo);
    }

    /// <summary>Returns the silo with the given address.</summary>
    public InProcessSiloHandle Find(string silo) => All.Single(handle => handle.SiloAddress.ToParsableString() == silo);

    public async ValueTask DisposeAsync()
    {
        foreach (InProcessSiloHandle silo in _added)
        {
            await silo.DisposeAsync();
        }

        await _cluster.DisposeAsync();
        _folder.Dispose();
    }

    private static SiloProfile Profile(SiloRoles roles, int index, int cores) => new(roles, cores, 8L << 30, $"host{index}");

    private void SetUp(ISiloBuilder silo, SiloProfile profile, EnvironmentRegistry registry)
    {
        silo.AddKreweGrains(new SiloSettings { Roles = profile.Roles, DataFolder = _folder.Path, Registry = registry });
        silo.UseInMemoryReminderService();
        silo.Services.AddKeyedSingleton<IGrainStorage>(
            SiloSetup.Storage, (services, _) => new SharedStorage(_storage, services.GetRequiredService<Serializer>()));

        // The test host sets the names of its silos last.
        silo.Services.PostConfigure<SiloOptions>(options => options.SiloName = profile.ToName());
        silo.Services.AddLogging(logging => logging
            .SetMinimumLevel(LogLevel.Warning)
            .AddFilter("Krewe", LogLevel.Information)
            .AddFilter("Krewe.Cluster.Acting.ActorSiloService", LogLevel.Warning)
            .AddFilter("Orleans", LogLevel.Error)
            .AddProvider(_log));
    }
}
