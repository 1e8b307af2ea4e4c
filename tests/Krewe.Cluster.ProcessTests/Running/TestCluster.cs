using System.Globalization;

namespace Krewe.Cluster.ProcessTests;

/// <summary>Silos in child processes that share a Redis and a folder; disposing the cluster stops them all.</summary>
internal sealed class TestCluster : IAsyncDisposable
{
    private const int TailLines = 25;

    private readonly List<SiloProcess> _silos = [];
    private ClientConnection? _client;

    private TestCluster(string folder, RedisProcess redis) => (Folder, Redis) = (folder, redis);

    public string Folder { get; }

    public string Data => Path.Combine(Folder, "data");

    public RedisProcess Redis { get; }

    public string Id { get; } = $"test-{Guid.NewGuid():N}";

    public IReadOnlyList<SiloProcess> Silos => _silos;

    public IGrainFactory Grains => _client!.Grains;

    /// <summary>The gateway of a running silo.</summary>
    public string Gateway => _silos.First(silo => !silo.Process.HasExited).Gateway;

    public static async Task<TestCluster> Start(params string[] roles)
    {
        string folder = Directory.CreateTempSubdirectory("krewe-cluster-").FullName;
        var cluster = new TestCluster(folder, await RedisProcess.Start(folder));
        try
        {
            foreach (string role in roles)
            {
                cluster.StartSilo(role);
            }

            await Task.WhenAll(cluster._silos.Select(silo => silo.Ready()));
            return cluster;
        }
        catch (Exception e)
        {
            string logs = cluster.Tails();
            await cluster.DisposeAsync();
            throw new InvalidOperationException($"{e.Message}\n{logs}", e);
        }
    }

    /// <summary>Starts a silo without waiting until it is ready.</summary>
    public SiloProcess StartSilo(string roles, params string[] more)
    {
        var silo = SiloProcess.Start(Folder, roles, ["--cluster", Redis.Address, "--cluster-id", Id, .. more]);
        _silos.Add(silo);
        return silo;
    }

    /// <summary>Starts a silo that others reach only through a proxy.</summary>
    public SiloProcess StartSilo(string roles, DelayingProxy proxy)
    {
        var silo = SiloProcess.Start(
            Folder,
            roles,
            ["--cluster", Redis.Address, "--cluster-id", Id, "--listen-port", proxy.TargetPort.ToString(CultureInfo.InvariantCulture)],
            ports: SiloPorts.Free() with { Silo = proxy.Port });
        _silos.Add(silo);
        return silo;
    }

    public async Task<ClientConnection> Connect() => _client ??= await ClientConnection.Open(Redis.Address, Id);

    /// <summary>Runs <c>krewe</c> as a client of the cluster.</summary>
    public Task<CommandResult> Command(params string[] arguments) =>
        KreweSilo.Run([.. arguments, "--gateway", Gateway, "--cluster-id", Id]);

    /// <summary>Runs an action; on failure the silos' last log lines are added to the message.</summary>
    public async Task Explain(Func<Task> body)
    {
        try
        {
            await body();
        }
        catch (Exception e)
        {
            throw new Xunit.Sdk.XunitException($"{e.Message}\n{e.StackTrace}\n{Tails()}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (SiloProcess silo in _silos)
        {
            silo.Dispose();
        }

        if (_client is not null)
        {
            await _client.DisposeAsync();
        }

        Redis.Dispose();
        Directory.Delete(Folder, recursive: true);
    }

    private string Tails() => string.Join('\n', Directory.EnumerateFiles(Folder, "*.log").Order(StringComparer.Ordinal).Select(Tail));

    private static string Tail(string path)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(stream);

        // A silo that cannot reach Redis logs hundreds of lines per second: only the last occurrence of each is shown.
        IEnumerable<string> lines = reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Reverse()
            .DistinctBy(MessageOf)
            .Take(TailLines)
            .Reverse()
            .Select(line => line.Length > 300 ? line[..300] : line);
        return $"--- {Path.GetFileName(path)}\n{string.Join('\n', lines)}";
    }

    private static string MessageOf(string line)
    {
        const int timestamp = 24;
        string message = line.Length > timestamp && char.IsAsciiDigit(line[0]) ? line[timestamp..] : line;
        return message[..Math.Min(message.Length, 120)];
    }
}
