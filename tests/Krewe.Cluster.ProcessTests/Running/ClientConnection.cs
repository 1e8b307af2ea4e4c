using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using StackExchange.Redis;

namespace Krewe.Cluster.ProcessTests;

/// <summary>The test's own client, which follows the cluster's membership like a user's program.</summary>
internal sealed class ClientConnection : IAsyncDisposable
{
    private readonly IHost _host;

    private ClientConnection(IHost host) => _host = host;

    public IGrainFactory Grains => _host.Services.GetRequiredService<IClusterClient>();

    public static async Task<ClientConnection> Open(string redis, string clusterId)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Logging.SetMinimumLevel(LogLevel.None);
        builder.UseOrleansClient(client => client
            .UseRedisClustering(options => options.ConfigurationOptions = new ConfigurationOptions
            {
                EndPoints = { redis["redis://".Length..] },
                AbortOnConnectFail = false,
            })
            .Configure<ClusterOptions>(options => options.ClusterId = options.ServiceId = clusterId)
            .Configure<GatewayOptions>(options => options.GatewayListRefreshPeriod = TimeSpan.FromSeconds(2))
            .Configure<ClientMessagingOptions>(options => options.ResponseTimeout = TimeSpan.FromSeconds(5)));
        IHost host = builder.Build();
        await host.StartAsync();
        return new ClientConnection(host);
    }

    public async ValueTask DisposeAsync()
    {
        // The silos have ended, so disconnecting would fail.
        using var now = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        await _host.StopAsync(now.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _host.Dispose();
    }
}
