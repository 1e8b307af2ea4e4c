using System.CommandLine;
using System.Net;
using Krewe.Cluster;
using Krewe.Contracts;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Krewe.Cli;

/// <summary><c>krewe serve</c>: one silo of a cluster.</summary>
internal static class ServeCommand
{
    private static readonly HostOption Roles = new("--roles", "Roles of the silo: actor, replay, learner or all, separated by commas", "ROLES", "all");
    private static readonly HostOption Cluster = new("--cluster", "Where membership and state are stored: localhost (in memory), redis://HOST:PORT, or rediss:// for TLS; password in KREWE_REDIS_PASSWORD", "WHERE", "localhost");
    private static readonly HostOption ClusterId = new("--cluster-id", "Name of the cluster; silos and clients of other clusters are rejected", "NAME", "krewe");
    private static readonly HostOption Advertise = new("--advertise", "Address at which other silos and clients reach this one", "IP", "127.0.0.1");
    private static readonly HostOption SiloPort = new("--silo-port", "Port for other silos", "PORT", "11111");
    private static readonly HostOption GatewayPort = new("--gateway-port", "Port for clients", "PORT", "30000");
    private static readonly HostOption ListenPort = new("--listen-port", "Port to listen on when other silos reach --silo-port through a proxy or address translation; default --silo-port", "PORT", null);
    private static readonly HostOption PrimaryPort = new("--primary-port", "With --cluster localhost: silo port of the first silo; required for every other silo", "PORT", null);
    private static readonly HostOption HealthPort = new("--health-port", "Port of /healthz/live and /healthz/ready; -1 for none", "PORT", "8080");
    private static readonly HostOption Data = new("--data", "Folder of the runs' folders; learner silos must share it to take runs over from each other", "DIR", "runs");
    private static readonly HostOption Log = new("--log", "Minimum log level: debug, information, warning or error", "LEVEL", "information");
    private static readonly HostOption ShutdownSeconds = new("--shutdown-seconds", "Timeout of a graceful shutdown in seconds; keep it below the termination grace period", "N", "25");
    private static readonly HostOption Otlp = new("--otlp", "Export metrics and spans to an OpenTelemetry collector, for example http://127.0.0.1:4317", "ENDPOINT", null);
    private static readonly HostOption OtlpProtocol = new("--otlp-protocol", "Protocol of --otlp: grpc or http/protobuf", "PROTOCOL", "grpc");
    private static readonly Option<string[]> Assemblies = CommonOptions.Assemblies();

    private static readonly HostOption[] All =
    [
        Roles, Cluster, ClusterId, Advertise, SiloPort, GatewayPort, ListenPort, PrimaryPort, HealthPort, Data, Log, ShutdownSeconds, Otlp, OtlpProtocol,
    ];

    public static Command Build()
    {
        var command = new ExampleCommand(
            "serve",
            "Runs one silo of a cluster until SIGTERM or Ctrl-C.",
            "krewe serve",
            "krewe serve --roles learner --cluster redis://10.0.0.5:6379 --advertise 10.0.0.7 --data /mnt/runs",
            "KREWE_ROLES=actor KREWE_CLUSTER=redis://redis:6379 krewe serve");
        foreach (HostOption option in All)
        {
            command.Options.Add(option.Option);
        }

        command.Options.Add(Assemblies);
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parsed)
    {
        SiloSettings settings = Settings(parsed);
        using OtlpExport? export = OtlpExport.Start(Otlp.Get(parsed), OtlpProtocol.Get(parsed)!, "krewe");
        using var signals = new InterruptSignals();
        Serve(settings, signals.Token).GetAwaiter().GetResult();
        return 0;
    }

    private static async Task Serve(SiloSettings settings, CancellationToken cancellationToken)
    {
        if (settings.Redis is { } redis)
        {
            await RedisAddress.Check(redis, cancellationToken);
        }

        using IHost host = SiloHost.Build(settings);
        await SiloHost.Start(host, settings, cancellationToken);
        Console.Out.WriteLine(
            $"silo {settings.AdvertisedAddress}:{settings.SiloPort} of cluster {settings.ClusterId} serves as {Names(settings.Roles)}; gateway {settings.AdvertisedAddress}:{settings.GatewayPort}{(settings.HealthPort < 0 ? "" : $", health http://{settings.AdvertisedAddress}:{settings.HealthPort}/healthz/ready")}");
        await Task.Delay(Timeout.Infinite, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Console.Out.WriteLine("stopping: actors finish, the learner writes a checkpoint");
        await host.StopAsync(CancellationToken.None);
    }

    private static SiloSettings Settings(ParseResult parsed)
    {
        string cluster = Cluster.Get(parsed)!;
        var settings = new SiloSettings
        {
            ClusterId = ParseClusterId(ClusterId.Get(parsed)!),
            Roles = ParseRoles(Roles.Get(parsed)!),
            Redis = cluster == "localhost" ? null : RedisAddress.Parse(Cluster.Option.Name, cluster, System.Environment.GetEnvironmentVariable("KREWE_REDIS_PASSWORD")),
            AdvertisedAddress = Advertise.Address(parsed),
            SiloPort = SiloPort.Number(parsed, 1, 65535),
            GatewayPort = GatewayPort.Number(parsed, 1, 65535),
            ListenPort = ListenPort.Get(parsed) is null ? null : ListenPort.Number(parsed, 1, 65535),
            PrimarySiloPort = PrimaryPort.Get(parsed) is null ? null : PrimaryPort.Number(parsed, 1, 65535),
            HealthPort = HealthPort.Number(parsed, -1, 65535),
            DataFolder = Writable(Data.Get(parsed)!),
            Registry = CommonOptions.Registry(parsed.GetValue(Assemblies)),
            LogLevel = ParseLevel(Log.Get(parsed)!),
            ShutdownTimeout = TimeSpan.FromSeconds(ShutdownSeconds.Number(parsed, 1, 3600)),
        };
        SiloPorts.CheckDistinct(settings);
        CheckAdvertised(settings, Advertise.Get(parsed)!);
        return settings;
    }

    private static void CheckAdvertised(SiloSettings settings, string given)
    {
        if (settings.Redis is null && !settings.AdvertisedAddress.Equals(IPAddress.Loopback))
        {
            throw Advertise.Refuse(
                $" {given}: with --cluster localhost a silo is reachable at 127.0.0.1 only; use --cluster redis://HOST:PORT for silos on several machines");
        }

        if (settings.ListenPort is null && !SiloPorts.IsOfThisMachine(settings.AdvertisedAddress))
        {
            throw Advertise.Refuse(
                $" {given}: is not an address of this machine, so other silos could not reach it; behind address translation, give --listen-port too");
        }
    }

    private static string ParseClusterId(string text) =>
        string.IsNullOrWhiteSpace(text) ? throw ClusterId.Refuse(": is empty, expected a name") : text;

    private static SiloRoles ParseRoles(string text)
    {
        SiloRoles roles = SiloRoles.None;
        string[] names = [.. new[] { SiloRoles.Actor, SiloRoles.Replay, SiloRoles.Learner, SiloRoles.All }.Select(SiloProfile.NameOf)];
        foreach (string name in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            roles |= names.Contains(name, StringComparer.OrdinalIgnoreCase)
                ? Enum.Parse<SiloRoles>(name, ignoreCase: true)
                : throw Roles.Refuse(
                    $": unknown role '{name}'{NearestName.Suggestion(name, names)}; expected {string.Join(", ", names)}, or several separated by commas");
        }

        return roles != SiloRoles.None ? roles : throw Roles.Refuse($": is empty, expected {string.Join(", ", names)}");
    }

    private static LogLevel ParseLevel(string text) => text.ToLowerInvariant() switch
    {
        "debug" => LogLevel.Debug,
        "information" => LogLevel.Information,
        "warning" => LogLevel.Warning,
        "error" => LogLevel.Error,
        _ => throw Log.Refuse($" {text}: expected debug, information, warning or error"),
    };

    private static string Writable(string path)
    {
        try
        {
            Directory.CreateDirectory(path);
            string probe = Path.Combine(path, $".krewe-{Guid.NewGuid():N}");
            File.WriteAllText(probe, "");
            File.Delete(probe);
            return Path.GetFullPath(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Data.Refuse($" {path}: cannot be written to: {FileFault.Reason(e)}", e);
        }
    }

    private static string Names(SiloRoles roles) => roles == SiloRoles.All
        ? "actor, replay and learner"
        : string.Join(" and ", new[] { SiloRoles.Actor, SiloRoles.Replay, SiloRoles.Learner }.Where(role => (roles & role) != 0).Select(SiloProfile.NameOf));
}
