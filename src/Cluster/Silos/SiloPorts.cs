using System.Net;
using System.Net.Sockets;
using Krewe.Contracts;

namespace Krewe.Cluster;

/// <summary>
/// Checks that a silo's ports are free before it starts. Orleans binds in a way that lets a second process listen on the same port, and
/// then each of the two gets some of the other's connections.
/// </summary>
internal static class SiloPorts
{
    /// <summary>Throws if a port is used twice.</summary>
    /// <exception cref="InvalidOptionException">A port is given twice.</exception>
    public static void CheckDistinct(SiloSettings settings)
    {
        var ports = Listening(settings).ToList();
        foreach ((string option, int port) in ports)
        {
            if (ports.First(other => other.Port == port).Option is var first && first != option)
            {
                throw new InvalidOptionException($"{first} {port} and {option} {port}: expected different ports");
            }
        }
    }

    /// <summary>Checks that the ports are free.</summary>
    /// <exception cref="KreweException">A port is taken, or cannot be bound.</exception>
    public static void Check(SiloSettings settings)
    {
        foreach ((string option, int port) in Listening(settings))
        {
            Check(option, port);
        }
    }

    /// <summary>Whether an address is a local one.</summary>
    public static bool IsOfThisMachine(IPAddress address)
    {
        using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(address, 0));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static IEnumerable<(string Option, int Port)> Listening(SiloSettings settings)
    {
        yield return settings.ListenPort is { } listen ? ("--listen-port", listen) : ("--silo-port", settings.SiloPort);
        yield return ("--gateway-port", settings.GatewayPort);
        if (settings.HealthPort > 0)
        {
            yield return ("--health-port", settings.HealthPort);
        }
    }

    /// <summary>A free port of the loopback interface.</summary>
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
