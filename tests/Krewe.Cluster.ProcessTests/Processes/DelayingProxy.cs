using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;

namespace Krewe.Cluster.ProcessTests;

/// <summary>
/// Forwards TCP to another local port and delays every byte, like a connection with a high latency. Buffers a bounded number of bytes.
/// </summary>
internal sealed class DelayingProxy : IDisposable
{
    private const int ChunkBytes = 1 << 16;
    private const int ChunksAhead = 32;

    private readonly TcpListener _listener;
    private readonly CancellationTokenSource _ended = new();
    private long _delayTicks;

    public DelayingProxy()
    {
        Port = FreePorts.Next();
        TargetPort = FreePorts.Next();
        _listener = new TcpListener(IPAddress.Loopback, Port);
        _listener.Start();
        _ = Accept();
    }

    /// <summary>The port that it listens on.</summary>
    public int Port { get; }

    /// <summary>The port that it forwards to.</summary>
    public int TargetPort { get; }

    /// <summary>The delay of a byte in each direction.</summary>
    public TimeSpan Delay
    {
        get => new(Volatile.Read(ref _delayTicks));
        set => Volatile.Write(ref _delayTicks, value.Ticks);
    }

    public void Dispose()
    {
        _ended.Cancel();
        _listener.Dispose();
        _ended.Dispose();
    }

    private async Task Accept()
    {
        CancellationToken ended = _ended.Token;
        while (!ended.IsCancellationRequested)
        {
            TcpClient near = await _listener.AcceptTcpClientAsync(ended);
            _ = Connect(near, ended);
        }
    }

    private async Task Connect(TcpClient near, CancellationToken ended)
    {
        using (near)
        using (var far = new TcpClient())
        {
            try
            {
                await far.ConnectAsync(IPAddress.Loopback, TargetPort, ended);
                near.NoDelay = far.NoDelay = true;
                await Task.WhenAny(Carry(near, far, ended), Carry(far, near, ended));
            }
            catch (SocketException)
            {
                // The target is not listening yet: the caller's connection is closed and it retries.
            }
        }
    }

    private async Task Carry(TcpClient from, TcpClient to, CancellationToken ended)
    {
        var line = Channel.CreateBounded<(byte[] Bytes, DateTime Due)>(ChunksAhead);
        await Task.WhenAny(Read(from.GetStream(), line.Writer, ended), Write(to.GetStream(), line.Reader, ended));
    }

    private async Task Read(NetworkStream from, ChannelWriter<(byte[] Bytes, DateTime Due)> line, CancellationToken ended)
    {
        var buffer = new byte[ChunkBytes];
        while (await from.ReadAsync(buffer, ended) is > 0 and int read)
        {
            await line.WriteAsync((buffer[..read], DateTime.UtcNow + Delay), ended);
        }
    }

    private static async Task Write(NetworkStream to, ChannelReader<(byte[] Bytes, DateTime Due)> line, CancellationToken ended)
    {
        await foreach ((byte[] bytes, DateTime due) in line.ReadAllAsync(ended))
        {
            TimeSpan left = due - DateTime.UtcNow;
            if (left > TimeSpan.Zero)
            {
                await Task.Delay(left, ended);
            }

            await to.WriteAsync(bytes, ended);
        }
    }
}
