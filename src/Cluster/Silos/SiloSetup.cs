using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Configuration;
using Orleans.Configuration.Internal;

namespace Krewe.Cluster;

/// <summary>Registers Krewe's grains and their services on a silo; used by the silo host, the quick start and tests.</summary>
public static class SiloSetup
{
    /// <summary>Name of the storage provider of runs' state.</summary>
    internal const string Storage = "krewe";

    /// <summary>Sets up a silo with the clustering that its settings select.</summary>
    /// <param name="silo">The silo.</param>
    /// <param name="settings">The settings.</param>
    public static ISiloBuilder UseKrewe(this ISiloBuilder silo, SiloSettings settings)
    {
        if (settings.Redis is { } redis)
        {
            silo.UseRedisClustering(options => options.ConfigurationOptions = redis)
                .AddRedisGrainStorage(Storage, options => (options.ConfigurationOptions, options.DeleteStateOnClear) = (redis, true))
                .UseRedisReminderService(options => options.ConfigurationOptions = redis)
                .Configure<ClusterOptions>(options => options.ClusterId = options.ServiceId = settings.ClusterId)
                .ConfigureEndpoints(settings.AdvertisedAddress, settings.SiloPort, settings.GatewayPort, listenOnAnyHostAddress: true);
        }
        else
        {
            IPEndPoint? primary = settings.PrimarySiloPort is { } port ? new IPEndPoint(IPAddress.Loopback, port) : null;
            silo.UseLocalhostClustering(settings.SiloPort, settings.GatewayPort, primary, settings.ClusterId, settings.ClusterId)
                .AddMemoryGrainStorage(Storage)
                .UseInMemoryReminderService();
        }

        if (settings.ListenPort is { } listen)
        {
            IPAddress address = settings.Redis is null ? IPAddress.Loopback : IPAddress.Any;
            silo.Configure<EndpointOptions>(options => options.SiloListeningEndpoint = new IPEndPoint(address, listen));
        }

        return silo.AddKreweGrains(settings);
    }

    /// <summary>Adds the services that are independent of the clustering.</summary>
    /// <param name="silo">The silo.</param>
    /// <param name="settings">The settings.</param>
    public static ISiloBuilder AddKreweGrains(this ISiloBuilder silo, SiloSettings settings)
    {
        silo.Configure<SiloOptions>(options => options.SiloName = SiloProfile.Here(settings.Roles).ToName());
        silo.Configure<ClusterMembershipOptions>(options =>
        {
            // A dead silo is detected within 6 to 8 s: three missed probes. A silo that is briefly suspended by a garbage collection or a
            // stopped virtual machine is not declared dead.
            options.ProbeTimeout = TimeSpan.FromSeconds(2);
            options.NumMissedProbesLimit = 3;
            options.TableRefreshTimeout = TimeSpan.FromSeconds(10);
            options.IAmAliveTablePublishTimeout = TimeSpan.FromSeconds(10);
        });
        silo.Configure<ReminderOptions>(options =>
        {
            options.MinimumReminderPeriod = TimeSpan.FromSeconds(5);
            options.RefreshReminderListPeriod = TimeSpan.FromSeconds(30);
        });
        silo.Configure<GrainCollectionOptions>(options => options.DeactivationTimeout = settings.ShutdownTimeout);

#pragma warning disable ORLEANSEXP003 // The default directory drops activations on live silos when the silo that held their entry dies: a shard's experience would be lost.
        silo.AddDistributedGrainDirectory();
#pragma warning restore ORLEANSEXP003

        // Transient: Orleans initializes a strategy for each grain class, and a shared one would have the role of the last.
        silo.Services.AddPlacementDirector<RolePlacement, RolePlacementDirector>(ServiceLifetime.Transient);
        silo.AddGrainService<ActorSiloService>();
        silo.Services.AddSingleton(settings);
        silo.Services.AddSingleton(settings.Registry);
        silo.Services.AddSingleton<SiloDirectory>();
        silo.Services.AddSingleton<MembershipProbe>();
        silo.Services.AddSingleton<ActorSilo>();
        silo.Services.AddFromExisting<ILifecycleParticipant<ISiloLifecycle>, ActorSilo>();
        silo.Services.AddSingleton<ActorSiloClient>();
        return silo;
    }
}
