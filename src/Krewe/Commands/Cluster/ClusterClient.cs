using System.Net;
using Krewe.Contracts;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;

namespace Krewe.Cli;

/// <summary>Connects to a cluster for the length of one command.</summary>
internal static class ClusterClient
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Connects, does something, disconnects.</summary>
    /// <param name="gateway">Gateway of any silo.</param>
    /// <param name="clusterId">Name of the cluster.</param>
    /// <param name="action">What to do.</param>
    /// <exception cref="KreweException">Nobody answers there, or it is another cluster.</exception>
    public static async Task<int> Use(IPEndPoint gateway, string clusterId, Func<IGrainFactory, Task<int>> action)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Logging.SetMinimumLevel(LogLevel.None);
        builder.UseOrleansClient(client => client
            .UseStaticClustering(gateway)
            .Configure<ClusterOptions>(options => options.ClusterId = options.ServiceId = clusterId)
            .Configure<ClientMessagingOptions>(options => options.ResponseTimeout = TimeSpan.FromSeconds(15)));
        using IHost host = builder.Build();
        try
        {
            using var patience = new CancellationTokenSource(Patience);
            await host.StartAsync(patience.Token);
        }
        catch (Exception e) when (e is not KreweException)
        {
            throw new KreweException(
                $"--gateway {gateway}: no silo of cluster '{clusterId}' answers within {Patience.TotalSeconds} s: {Reason(e)}; is the address that of a gateway (--gateway-port of the silo), is --cluster-id that of its silos?", e);
        }

        try
        {
            return await action(host.Services.GetRequiredService<IClusterClient>());
        }
        catch (Exception e) when (e is OrleansException or TimeoutException)
        {
            throw new KreweException($"--gateway {gateway}: the cluster did not answer: {e.Message}", e);
        }
        finally
        {
            await host.StopAsync(CancellationToken.None);
        }
    }

    private static string Reason(Exception e)
    {
        while (e.InnerException is { } inner)
        {
            e = inner;
        }

        return e is OperationCanceledException ? "timed out" : e.Message;
    }
}
