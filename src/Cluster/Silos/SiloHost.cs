using System.Net;
using Krewe.Contracts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Krewe.Cluster;

/// <summary>Creates the host of a silo: Orleans, the log on standard error, and health endpoints when requested.</summary>
public static class SiloHost
{
    private static readonly TimeSpan FirstSiloTimeout = TimeSpan.FromSeconds(30);

    /// <summary>Creates the host; nothing is started.</summary>
    /// <param name="settings">The silo's settings.</param>
    public static IHost Build(SiloSettings settings)
    {
        if (settings.HealthPort < 0)
        {
            HostApplicationBuilder plain = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
            QuietEnd end = Common(plain.Services, plain.Logging, settings);
            plain.UseOrleans(silo => silo.UseKrewe(settings));
            return end.After(plain.Build());
        }

        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        QuietEnd quiet = Common(builder.Services, builder.Logging, settings);
        builder.WebHost.UseKestrelCore().UseUrls($"http://{HealthAddress(settings)}:{settings.HealthPort}");
        builder.Services.AddRoutingCore();
        builder.Host.UseOrleans(silo => silo.UseKrewe(settings));
        WebApplication app = builder.Build();
        app.UseRouting();
        MapHealth(app);
        return quiet.After(app);
    }

    /// <summary>Starts a host; a failure is reported in one line.</summary>
    /// <param name="host">The host.</param>
    /// <param name="settings">The silo's settings.</param>
    /// <param name="cancellationToken">Cancels the start.</param>
    /// <exception cref="KreweException">A port is taken, or the cluster is unreachable.</exception>
    public static async Task Start(IHost host, SiloSettings settings, CancellationToken cancellationToken)
    {
        SiloPorts.Check(settings);
        try
        {
            // Orleans would retry for minutes and ignore signals in the meantime.
            TimeSpan limit = settings.PrimarySiloPort is null ? Timeout.InfiniteTimeSpan : FirstSiloTimeout;
            await host.StartAsync(cancellationToken).WaitAsync(limit, cancellationToken);
        }
        catch (TimeoutException e)
        {
            throw new KreweException(
                $"--primary-port {settings.PrimarySiloPort}: no silo of cluster '{settings.ClusterId}' accepted this one within {FirstSiloTimeout.TotalSeconds} s; is it the silo port of the first silo, is --cluster-id that of its cluster?", e);
        }
        catch (Exception e) when (e is not (OperationCanceledException or KreweException))
        {
            throw new KreweException(
                $"the silo could not start on {settings.AdvertisedAddress}, silo port {settings.SiloPort}, gateway port {settings.GatewayPort}: {Innermost(e).Message.Split('\n')[0]}; is another silo using a port (--silo-port, --gateway-port, --health-port)?", e);
        }
    }

    private static QuietEnd Common(IServiceCollection services, ILoggingBuilder logging, SiloSettings settings)
    {
        services.Configure<HostOptions>(options => options.ShutdownTimeout = settings.ShutdownTimeout);
        var quiet = new QuietEnd();
        logging.SetMinimumLevel(LogLevel.Warning).AddFilter("Krewe", settings.LogLevel)
            .AddFilter("Orleans", level => level >= LogLevel.Error && level >= settings.LogLevel && !quiet.HasBegun)

            // Orleans itself reports retries that fail in the end.
            .AddFilter("Polly", LogLevel.None)
            .AddFilter(typeof(ActorSiloService).FullName, LogLevel.Warning)

            // State in memory ends with the silo, so failing to write it then is expected.
            .AddFilter(
                typeof(TrainingRunGrain).FullName,
                level => level >= settings.LogLevel && !(level == LogLevel.Warning && settings.Redis is null && quiet.HasBegun))
            .AddFilter("Microsoft.Extensions.Hosting", LogLevel.None);
        logging.AddSimpleConsole(options =>
        {
            options.SingleLine = true;
            options.TimestampFormat = "yyyy-MM-dd HH:mm:ss.fff ";
            options.UseUtcTimestamp = true;
        });
        services.Configure<Microsoft.Extensions.Logging.Console.ConsoleLoggerOptions>(
            options => options.LogToStandardErrorThreshold = LogLevel.Trace);
        return quiet;
    }

    /// <summary>Live: the process answers. Ready: the silo is an active member of a cluster that it can reach, so that grains may be placed on it.</summary>
    private static void MapHealth(WebApplication app)
    {
        SiloAddress silo = app.Services.GetRequiredService<ILocalSiloDetails>().SiloAddress;
        SiloDirectory directory = app.Services.GetRequiredService<SiloDirectory>();
        MembershipProbe membership = app.Services.GetRequiredService<MembershipProbe>();
        app.MapGet("/healthz/live", () => Results.Text("live"));
        app.MapGet("/healthz/ready", async () =>
        {
            string? problem = app.Lifetime.ApplicationStopping.IsCancellationRequested ? "stopping"
                : directory.IsActive(silo) ? await membership.Problem()
                : "not a member of the cluster yet";
            return problem is null
                ? Results.Text($"ready, {directory.With(SiloRoles.All).Count} silos active")
                : Results.Text(problem, statusCode: StatusCodes.Status503ServiceUnavailable);
        });
    }

    /// <summary>Behind address translation the advertised address is not a local one and cannot be bound.</summary>
    private static IPAddress HealthAddress(SiloSettings settings) =>
        SiloPorts.IsOfThisMachine(settings.AdvertisedAddress) ? settings.AdvertisedAddress : IPAddress.Any;

    private static Exception Innermost(Exception e) => e.InnerException is { } inner ? Innermost(inner) : e;

    /// <summary>Suppresses the errors that Orleans logs when a silo that shuts down rejects messages to its grains.</summary>
    private sealed class QuietEnd
    {
        private volatile bool _hasBegun;

        public bool HasBegun => _hasBegun;

        public T After<T>(T host)
            where T : IHost
        {
            host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.Register(() => _hasBegun = true);
            return host;
        }
    }
}
