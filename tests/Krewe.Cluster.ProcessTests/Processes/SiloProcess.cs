using System.Globalization;
using System.Net.Sockets;

namespace Krewe.Cluster.ProcessTests;

/// <summary>A <c>krewe serve</c> process on its own ports.</summary>
internal sealed class SiloProcess : IDisposable
{
    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(5) };

    private readonly ChildProcess _process;

    private SiloProcess(ChildProcess process, string roles, int siloPort, int gatewayPort, int healthPort) =>
        (_process, Roles, SiloPort, GatewayPort, HealthPort) = (process, roles, siloPort, gatewayPort, healthPort);

    public string Roles { get; }

    public int SiloPort { get; }

    public int GatewayPort { get; }

    public int HealthPort { get; }

    public SiloPorts Ports => new(SiloPort, GatewayPort, HealthPort);

    public ChildProcess Process => _process;

    /// <summary>The silo address as in the status, without the generation.</summary>
    public string Address => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{SiloPort}");

    public string Gateway => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{GatewayPort}");

    public static SiloProcess Start(
        string folder, string roles, IEnumerable<string> more, IReadOnlyDictionary<string, string>? environment = null, SiloPorts? ports = null)
    {
        (int silo, int gateway, int health) = ports ?? SiloPorts.Free();
        string log = Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"{roles.Replace(',', '-')}-{silo}.log"));
        string[] arguments =
        [
            KreweSilo.Program, "serve", "--roles", roles, "--silo-port", Text(silo), "--gateway-port", Text(gateway),
            "--health-port", Text(health), "--data", Path.Combine(folder, "data"), .. more,
        ];
        return new SiloProcess(ChildProcess.Start("dotnet", arguments, log, environment), roles, silo, gateway, health);
    }

    /// <summary>Returns the status code of a health endpoint; null while it is unreachable.</summary>
    public async Task<int?> Health(string name)
    {
        try
        {
            using HttpResponseMessage answer = await Http.GetAsync(new Uri($"http://127.0.0.1:{HealthPort}/healthz/{name}"));
            return (int)answer.StatusCode;
        }
        catch (Exception e) when (e is HttpRequestException or SocketException or TaskCanceledException)
        {
            return null;
        }
    }

    /// <summary>Returns the text of a health endpoint.</summary>
    public async Task<string> HealthText(string name)
    {
        using HttpResponseMessage answer = await Http.GetAsync(new Uri($"http://127.0.0.1:{HealthPort}/healthz/{name}"));
        return await answer.Content.ReadAsStringAsync();
    }

    public Task Ready() => Poll.Until($"silo {Roles} on {Address} is ready", TimeSpan.FromSeconds(90), async () =>
    {
        Assert.False(_process.HasExited, $"silo {Roles} on {Address} has ended: {_process.Log()}");
        return await Health("ready") == 200;
    });

    /// <summary>Sends SIGKILL.</summary>
    public void Kill() => _process.Kill();

    /// <summary>Sends SIGTERM and waits for the exit.</summary>
    public async Task<int> Terminate(TimeSpan limit)
    {
        _process.Signal("TERM");
        Assert.True(await _process.Ended(limit), $"silo {Roles} on {Address} did not end within {limit.TotalSeconds} s of SIGTERM");
        return _process.ExitCode;
    }

    public void Dispose() => _process.Dispose();

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}

/// <summary>The ports of a silo.</summary>
internal sealed record SiloPorts(int Silo, int Gateway, int Health)
{
    public static SiloPorts Free() => new(FreePorts.Next(), FreePorts.Next(), FreePorts.Next());
}
