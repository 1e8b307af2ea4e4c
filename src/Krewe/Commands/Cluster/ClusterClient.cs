using System.Net;
using Krewe.Cluster;
using Krewe.Contracts;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using Orleans.Messaging;

namespace Krewe.Cli;

/// <summary>Connects to a cluster for the duration of one command.</summary>
internal static class ClusterClient
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(15);

    /// <summary>Connects, runs an action, disconnects.</summary>
    /// <param name="given">Gateways of the cluster; the command continues through another when one is lost.</param>
    /// <param name="clusterId">Name of the cluster.</param>
    /// <param name="action">The action.</param>
    /// <exception cref="KreweException">No silo answers, it belongs to another cluster, or the cluster failed to serve the request.</exception>
    public static async Task<int> Use(IReadOnlyList<IPEndPoint> given, string clusterId, Func<IGrainFactory, Task<int>> action)
    {
        string name = $"--gateway {string.Join(',', given)}";
        ClusterGateways gateways = await ClusterGateways.Connect(given);
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Logging.SetMinimumLevel(LogLevel.None);
        builder.UseOrleansClient(client => client
            .Configure<ClusterOptions>(options => options.ClusterId = options.ServiceId = clusterId)
            .Configure<GatewayOptions>(options => options.GatewayListRefreshPeriod = gateways.MaxStaleness)
            .Configure<ClientMessagingOptions>(options => options.ResponseTimeout = AnswerTimeout)
            .Services.AddSingleton<IGatewayListProvider>(gateways));
        builder.Services.AddSingleton<IHostLifetime, NoSignals>();
        using IHost host = builder.Build();
        try
        {
            using var limit = new CancellationTokenSource(ConnectTimeout);
            await host.StartAsync(limit.Token);
        }
        catch (Exception e) when (e is not KreweException)
        {
            throw new KreweException(
                $"{name}: no silo of cluster '{clusterId}' answers: {Reason(e)}; is the address that of a gateway (--gateway-port of the silo), is --cluster-id that of its silos?", e);
        }

        IClusterClient cluster = host.Services.GetRequiredService<IClusterClient>();
        using var ended = new CancellationTokenSource();
        Task following = gateways.FollowMembers(cluster, ended.Token);
        try
        {
            return await action(cluster);
        }
        catch (Exception e) when (e is not (KreweException or OperationCanceledException))
        {
            // An exception of a grain or its storage: the first line is enough; --verbose shows the rest.
            throw new KreweException($"{name}: the cluster could not serve the request: {SiloText.Of(e)}", e);
        }
        finally
        {
            await ended.CancelAsync();
            await following.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await host.StopAsync(CancellationToken.None);
        }
    }

    private static string Reason(Exception e)
    {
        while (e.InnerException is { } inner)
        {
            e = inner;
        }

        return e is OperationCanceledException ? "timed out" : SiloText.Of(e);
    }

    /// <summary>Ignores signals: the command handles them, and the host's own lifetime would consume them.</summary>
    private sealed class NoSignals : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
