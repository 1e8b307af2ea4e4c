using System.Net;
using Krewe.Environments;
using StackExchange.Redis;

namespace Krewe.Cluster;

/// <summary>Settings of a silo; set and checked by the command line, or set in code.</summary>
public sealed record SiloSettings
{
    /// <summary>Name of the cluster; silos and clients of other clusters are rejected. Default <c>krewe</c>.</summary>
    public string ClusterId { get; init; } = "krewe";

    /// <summary>Roles of the silo. Default all.</summary>
    public SiloRoles Roles { get; init; } = SiloRoles.All;

    /// <summary>
    /// The Redis that stores membership, reminders and the state of runs; null for localhost clustering, which has no dependencies, keeps
    /// everything in memory and ends with its first silo.
    /// </summary>
    public ConfigurationOptions? Redis { get; init; }

    /// <summary>The address at which other silos and clients reach this one. Default loopback.</summary>
    public IPAddress AdvertisedAddress { get; init; } = IPAddress.Loopback;

    /// <summary>Port for other silos. Default 11111, as in Orleans.</summary>
    public int SiloPort { get; init; } = 11111;

    /// <summary>Port for clients. Default 30000, as in Orleans.</summary>
    public int GatewayPort { get; init; } = 30000;

    /// <summary>
    /// Port to listen on when other silos reach this one as <see cref="SiloPort"/> through a proxy or address translation;
    /// null for <see cref="SiloPort"/>.
    /// </summary>
    public int? ListenPort { get; init; }

    /// <summary>Silo port of the first silo under localhost clustering; null when this is the first.</summary>
    public int? PrimarySiloPort { get; init; }

    /// <summary>Port of the health endpoints; 0 for any free one, -1 for none. Default none.</summary>
    public int HealthPort { get; init; } = -1;

    /// <summary>Folder of the runs' folders (options, checkpoints, learning curve, snapshots of shards). Default <c>runs</c>.</summary>
    public string DataFolder { get; init; } = "runs";

    /// <summary>Creates the environments.</summary>
    public EnvironmentRegistry Registry { get; init; } = EnvironmentRegistry.CreateDefault();

    /// <summary>Minimum log level. Default warning.</summary>
    public Microsoft.Extensions.Logging.LogLevel LogLevel { get; init; } = Microsoft.Extensions.Logging.LogLevel.Warning;

    /// <summary>Whether learners lock the folders of their runs; false when the process that hosts the silo has locked them.</summary>
    public bool LocksFolders { get; init; } = true;

    /// <summary>Timeout of a graceful shutdown. Default 25 s, within Kubernetes' termination grace period of 30 s.</summary>
    public TimeSpan ShutdownTimeout { get; init; } = TimeSpan.FromSeconds(25);
}
