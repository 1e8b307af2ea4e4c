namespace Krewe.Cluster.ProcessTests;

/// <summary>One silo with all roles, configured by environment variables only, on a Redis with a password.</summary>
public sealed class OneSilo : IAsyncLifetime
{
    private const string Password = "sesame";

    private readonly string _folder = Directory.CreateTempSubdirectory("krewe-one-").FullName;
    private RedisProcess? _redis;

    internal SiloProcess Silo { get; private set; } = null!;

    internal string ClusterId { get; } = "one";

    internal string Data => Path.Combine(_folder, "data");

    public async ValueTask InitializeAsync()
    {
        _redis = await RedisProcess.Start(_folder, Password);
        Silo = Start();
        await Silo.Ready();
    }

    public ValueTask DisposeAsync()
    {
        Silo.Dispose();
        _redis?.Dispose();
        Directory.Delete(_folder, recursive: true);
        return ValueTask.CompletedTask;
    }

    /// <summary>Shuts the silo down gracefully and immediately starts another on its ports.</summary>
    internal async Task<int> Restart()
    {
        SiloProcess before = Silo;
        int exitCode = await before.Terminate(TimeSpan.FromSeconds(30));
        Silo = Start(before.Ports);
        await Silo.Ready();
        before.Dispose();
        return exitCode;
    }

    /// <summary>Runs a client command against the silo's cluster.</summary>
    internal Task<CommandResult> Command(params string[] arguments) =>
        KreweSilo.Run([.. arguments, "--gateway", Silo.Gateway, "--cluster-id", ClusterId]);

    /// <summary>Runs a client command and interrupts it, as Ctrl-C does, once it has printed a text.</summary>
    internal Task<CommandResult> Interrupted(string text, params string[] arguments) =>
        KreweSilo.RunUntil(text, "INT", [.. arguments, "--gateway", Silo.Gateway, "--cluster-id", ClusterId]);

    /// <summary>Starts a second silo with the given arguments.</summary>
    internal Task<CommandResult> Serve(params string[] arguments) => KreweSilo.Run(
        new Dictionary<string, string> { ["KREWE_REDIS_PASSWORD"] = Password },
        ["serve", "--cluster", _redis!.Address, "--data", Data, .. arguments]);

    private SiloProcess Start(SiloPorts? ports = null) => SiloProcess.Start(
        _folder,
        "all",
        [],
        new Dictionary<string, string>
        {
            ["KREWE_CLUSTER"] = _redis!.Address,
            ["KREWE_CLUSTER_ID"] = ClusterId,
            ["KREWE_REDIS_PASSWORD"] = Password,

            // Simulates a machine with little memory: 1 GB, in hexadecimal.
            ["DOTNET_GCHeapHardLimit"] = "40000000",
        },
        ports);
}
