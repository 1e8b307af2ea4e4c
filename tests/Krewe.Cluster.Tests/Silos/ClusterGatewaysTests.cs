using System.Net;
using System.Net.Sockets;
using Krewe.Cli;
using Krewe.Contracts;

namespace Krewe.Cluster.Tests;

public sealed class ClusterGatewaysTests : IDisposable
{
    private readonly TcpListener _open = new(IPAddress.Loopback, 0);
    private readonly IPEndPoint _closed;

    public ClusterGatewaysTests()
    {
        _open.Start();
        using var taken = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        taken.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _closed = (IPEndPoint)taken.LocalEndPoint!;
    }

    public void Dispose() => _open.Dispose();

    [Fact]
    public async Task Only_gateways_that_answer_are_used()
    {
        var open = (IPEndPoint)_open.LocalEndpoint;
        ClusterGateways gateways = await ClusterGateways.Connect([_closed, open]);
        Assert.Equal(open.Port, Assert.Single(await gateways.GetGateways()).Port);
    }

    [Fact]
    public async Task A_closed_port_fails_at_once_naming_the_gateway()
    {
        var e = await Assert.ThrowsAsync<KreweException>(() => ClusterGateways.Connect([_closed]));
        Assert.StartsWith($"--gateway {_closed}: no silo answers there: ", e.Message, StringComparison.Ordinal);
    }
}
