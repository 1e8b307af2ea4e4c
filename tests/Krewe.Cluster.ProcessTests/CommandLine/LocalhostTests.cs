namespace Krewe.Cluster.ProcessTests;

/// <summary>A cluster without Redis ends with its first silo, and its other silos say so.</summary>
public sealed class LocalhostTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("krewe-local-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("TERM")]
    [InlineData("KILL")]
    public async Task A_silo_is_not_ready_and_lists_no_runs_once_the_first_one_has_ended(string signal)
    {
        using var first = SiloProcess.Start(_folder, "all", []);
        await first.Ready();
        string port = first.SiloPort.ToString(System.Globalization.CultureInfo.InvariantCulture);
        using var second = SiloProcess.Start(_folder, "actor", ["--primary-port", port]);
        await second.Ready();
        first.Process.Signal(signal);
        Assert.True(await first.Process.Ended(TimeSpan.FromSeconds(60)));
        await Poll.Until("the second silo is not ready", TimeSpan.FromSeconds(60), async () => await second.Health("ready") == 503, second.Process.Log);
        Assert.Contains($"the first silo (silo port {port}), which holds", await second.HealthText("ready"), StringComparison.Ordinal);
        Assert.Equal(200, await second.Health("live"));
        await Unreachable("list");
        await Unreachable("status", "some");

        // On a busy machine the client may give up before it is connected.
        async Task Unreachable(params string[] command)
        {
            CommandResult result = new(0, "");
            await Poll.Until(
                $"krewe {command[0]} says that the cluster is unreachable",
                TimeSpan.FromSeconds(120),
                async () => (result = await KreweSilo.Run([.. command, "--gateway", second.Gateway])).Text.Contains("unreachable", StringComparison.Ordinal),
                () => result.Text);
            Assert.Equal(1, result.ExitCode);
        }
    }
}
