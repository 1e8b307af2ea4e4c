using System.Net;
using System.Net.Sockets;
using Krewe.Contracts;

namespace Krewe.Cluster;

/// <summary>
/// Sees that a silo's ports are its own before it starts. Orleans listens in a way that lets a second process listen on the same port,
/// and then each of the two gets some of the other's connections.
/// </summary>
internal static class SiloPorts
{
    /// <summary>Checks them.</summary>
    /// <exception cref="KreweException">A port is taken, or cannot be had.</exception>
    public static void Check(SiloSettings settings)
    {
        Check(settings.ListenPort is null ? "--silo-port" : "--listen-port", settings.ListenPort ?? settings.SiloPort);
        Check("--gateway-port", settings.GatewayPort);
        if (settings.HealthPort > 0)
        {
            Check("--health-port", settings.HealthPort);
        }
    }

    /// <summary>A port of the loopback interface that is free now.</summary>
    public static int Free()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    private static void Check(string option, int port)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Any, port));
        }
        catch (SocketException e)
        {
            string reason = e.SocketErrorCode == SocketError.AddressAlreadyInUse ? "another process listens on it" : e.Message;
            throw new KreweException($"{option} {port}: {reason}; choose another port, or end the other process", e);
        }
    }
}
