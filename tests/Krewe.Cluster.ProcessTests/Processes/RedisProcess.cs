using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Krewe.Cluster.ProcessTests;

/// <summary>A redis-server of the test, whose data survives its process.</summary>
internal sealed class RedisProcess : IDisposable
{
    private readonly string _folder;
    private readonly string? _password;
    private ChildProcess? _process;

    private RedisProcess(string folder, string? password) => (_folder, _password) = (folder, password);

    public int Port { get; } = FreePorts.Next();

    public string Address => string.Create(CultureInfo.InvariantCulture, $"redis://127.0.0.1:{Port}");

    public static async Task<RedisProcess> Start(string folder, string? password = null)
    {
        var redis = new RedisProcess(folder, password);
        await redis.Resume();
        return redis;
    }

    /// <summary>Restarts it on the same port with the same data.</summary>
    public async Task Resume()
    {
        string port = Port.ToString(CultureInfo.InvariantCulture);
        string[] arguments = ["--port", port, "--bind", "127.0.0.1", "--dir", _folder, "--appendonly", "yes", "--save", ""];
        string[] all = _password is null ? arguments : [.. arguments, "--requirepass", _password];
        _process = ChildProcess.Start("redis-server", all, Path.Combine(_folder, "redis.log"));
        await Poll.Until("redis-server listens", TimeSpan.FromSeconds(20), Answers);
    }

    /// <summary>Sends SIGKILL.</summary>
    public void Stop()
    {
        _process?.Dispose();
        _process = null;
    }

    /// <summary>Sends SIGSTOP: connections stay open, but no request is answered.</summary>
    public void Suspend() => _process!.Signal("STOP");

    /// <summary>Sends SIGCONT.</summary>
    public void Continue() => _process!.Signal("CONT");

    public void Dispose() => Stop();

    private async Task<bool> Answers()
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync("127.0.0.1", Port);
        await socket.GetStream().WriteAsync("PING\r\n"u8.ToArray());
        var answer = new byte[64];
        int read = await socket.GetStream().ReadAsync(answer);

        // Without the password it answers NOAUTH once it is ready, but not while it loads its data.
        return Encoding.ASCII.GetString(answer, 0, read) is { } text && (text.StartsWith("+PONG", StringComparison.Ordinal) || text.StartsWith("-NOAUTH", StringComparison.Ordinal));
    }
}
