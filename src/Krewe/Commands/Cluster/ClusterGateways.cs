using System.Net;
using System.Net.Sockets;
using Krewe.Contracts;
using Orleans.Messaging;

namespace Krewe.Cli;

/// <summary>
/// The gateways of a client: those of the command line that answered at the start, and those of the cluster's members, so that a
/// long-running command survives the loss of the silo that it is connected to.
/// </summary>
internal sealed class ClusterGateways : IGatewayListProvider
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan MembersPeriod = TimeSpan.FromSeconds(2);

    private readonly IReadOnlyList<IPEndPoint> _given;
    private volatile IReadOnlyList<IPEndPoint> _all;

    private ClusterGateways(IReadOnlyList<IPEndPoint> given) => _given = _all = given;

    /// <inheritdoc/>
    public TimeSpan MaxStaleness => MembersPeriod;

    /// <inheritdoc/>
    public bool IsUpdatable => true;

    /// <summary>Finds the gateways that answer: Orleans itself would retry a closed port for ten seconds.</summary>
    /// <param name="given">Gateways to try, at least one.</param>
    /// <exception cref="KreweException">None answers.</exception>
    public static async Task<ClusterGateways> Connect(IReadOnlyList<IPEndPoint> given)
    {
        string?[] failures = await Task.WhenAll(given.Select(Try));
        IPEndPoint[] open = [.. given.Where((_, index) => failures[index] is null)];
        return open.Length > 0
            ? new ClusterGateways(open)
            : throw new KreweException(
                $"--gateway {string.Join(',', given)}: no silo answers there: {failures[0]}; is the address that of a gateway (--gateway-port of a silo), and does the silo run?");
    }

    /// <summary>Follows the membership of the cluster until cancelled.</summary>
    public async Task FollowMembers(IGrainFactory grains, CancellationToken ended)
    {
        IManagementGrain management = grains.GetGrain<IManagementGrain>(0);
        using var timer = new PeriodicTimer(MembersPeriod);
        do
        {
            try
            {
                MembershipEntry[] members = await management.GetDetailedHosts(onlyActive: true, ended).WaitAsync(ConnectTimeout, ended);
                IEnumerable<IPEndPoint> gateways = members.Where(member => member.ProxyPort > 0)
                    .Select(member => new IPEndPoint(member.SiloAddress.Endpoint.Address, member.ProxyPort));
                _all = [.. _given.Union(gateways)];
            }
            catch (Exception) when (!ended.IsCancellationRequested)
            {
                // The silo is gone or busy: keep the known gateways.
            }
        }
        while (await timer.WaitForNextTickAsync(ended));
    }

    /// <inheritdoc/>
    public Task InitializeGatewayListProvider() => Task.CompletedTask;

    /// <inheritdoc/>
    public Task<IList<Uri>> GetGateways() => Task.FromResult<IList<Uri>>([.. _all.Select(gateway => gateway.ToGatewayUri())]);

    private static async Task<string?> Try(IPEndPoint gateway)
    {
        using var limit = new CancellationTokenSource(ConnectTimeout);
        using var socket = new Socket(gateway.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(gateway, limit.Token);
            return null;
        }
        catch (OperationCanceledException)
        {
            return $"no connection within {ConnectTimeout.TotalSeconds} s";
        }
        catch (SocketException e)
        {
            return e.Message;
        }
    }
}
