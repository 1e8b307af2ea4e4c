using System.Globalization;
using System.Net.Sockets;
using System.Text.Json;
using Krewe.Runtime;

namespace Krewe.Cluster.ProcessTests;

/// <summary>Tests the client's commands and what a running silo refuses.</summary>
public sealed class OneSiloTests(OneSilo one) : IClassFixture<OneSilo>
{
    [Fact]
    public async Task A_run_is_submitted_paused_resumed_saved_and_stopped()
    {
        (await one.Command("submit", "CartPole-v1", "--run-id", "life", "--steps", "2000000000")).Ok();
        await Until("life", "running", status => status.GetProperty("waits_for").ValueKind == JsonValueKind.Null && Steps(status) > 0);
        (await one.Command("pause", "life")).Ok();
        long updates = (await Until("life", "paused", _ => true)).GetProperty("figures").GetProperty("updates").GetInt64();
        string folder = (await one.Command("checkpoint", "life")).Ok().Lines.Single();
        Assert.Equal(Path.Combine(one.Data, "life", "last"), folder);
        (await KreweSilo.Run("train", "--resume", Path.Combine(one.Data, "life"))).Refused(2, "--resume", "in use");
        Assert.Matches("life +CartPole-v1 .*running", (await KreweSilo.Run("runs", one.Data)).Ok().Text);
        long saved = CheckpointFolder.Read(folder).Updates;
        Assert.True(saved >= updates);
        (await one.Command("resume", "life")).Ok();
        await Until("life", "running", status => status.GetProperty("figures").GetProperty("updates").GetInt64() > saved);
        (await one.Command("submit", "CartPole-v1", "--run-id", "life")).Refused(2, "run life", "already exists", "not overwritten");
        (await one.Command("stop", "life")).Ok();
        await Until("life", "stopped", _ => true);
        (await one.Command("pause", "life")).Refused(2, "run life", "has ended (stopped)");
    }

    [Fact]
    public async Task A_run_is_watched_to_its_end_and_is_solved()
    {
        CommandResult result = (await one.Command("submit", "CartPole-v1", "--run-id", "short", "--watch", "--json")).Ok();
        JsonElement report = JsonDocument.Parse(result.Lines[^1]).RootElement;
        Assert.True(report.GetProperty("eval_mean").GetDouble() >= 475, result.Text);
    }

    [Fact]
    public async Task SIGTERM_ends_a_silo_with_a_checkpoint_and_its_successor_continues_from_it()
    {
        (await one.Command("submit", "CartPole-v1", "--run-id", "term", "--steps", "2000000000", "--set", "run.checkpoint_interval=1000000000")).Ok();
        JsonElement before = await Until("term", "running", status => Steps(status) > 0);
        Assert.Equal(200, await one.Silo.Health("live"));
        Assert.Equal(0, await one.Restart());
        Assert.True(CheckpointFolder.Read(Path.Combine(one.Data, "term", "last")).Updates > 0);
        await Until("term", "running", status => Steps(status) > Steps(before) && status.GetProperty("learner_epoch").GetInt64() == 2);
        (await one.Command("stop", "term")).Ok();
        await Until("term", "stopped", _ => true);
    }

    [Fact]
    public async Task A_signal_ends_a_watch_but_not_the_run_and_the_watch_says_how_to_watch_it_again()
    {
        (await one.Command("submit", "CartPole-v1", "--run-id", "left", "--steps", "2000000000")).Ok();
        JsonElement before = await Until("left", "running", status => Steps(status) > 0);
        CommandResult watch = await one.Interrupted("CartPole-v1: ", "watch", "left");
        Assert.True(watch.ExitCode == 130, watch.Text);
        Assert.Contains($"krewe: run left continues; to watch it again: krewe watch left --gateway {one.Silo.Gateway}", watch.Text, StringComparison.Ordinal);
        await Until("left", "running", status => Steps(status) > Steps(before));
        Assert.Matches("left +running +CartPole-v1", (await one.Command("list")).Ok().Text);
        (await one.Command("delete", "left")).Refused(2, "run left", "krewe stop left");
        (await one.Command("stop", "left")).Ok();
        await Until("left", "stopped", _ => true);
        (await one.Command("delete", "left")).Ok();
        (await one.Command("status", "left")).Refused(2, "run left", "there is no such run");
    }

    [Theory]
    [InlineData("status")]
    [InlineData("watch")]
    [InlineData("delete")]
    public async Task An_empty_id_is_refused_by_name(string command) => (await KreweSilo.Run(command, "")).Refused(2, "RUN ''", "is empty, expected id of the run");

    [Theory]
    [InlineData("status")]
    [InlineData("watch")]
    [InlineData("stop")]
    [InlineData("pause")]
    [InlineData("checkpoint")]
    public async Task An_unknown_run_is_named(string command) =>
        (await one.Command(command, "missing")).Refused(2, "run missing", "there is no such run");

    [Fact]
    public async Task Resuming_an_unknown_run_names_it_and_the_nearest_one()
    {
        (await one.Command("submit", "--resume", "missing")).Refused(2, "--resume missing: there is no such run on this cluster and no such folder here");
        (await one.Command("submit", "CartPole-v1", "--run-id", "nearly", "--steps", "2000")).Ok();
        (await one.Command("submit", "--resume", "nearli")).Refused(2, "--resume nearli: there is no such run", "did you mean nearly?");
        (await one.Command("status", "nearli")).Refused(2, "run nearli: there is no such run", "did you mean nearly?");
    }

    [Fact]
    public async Task Options_that_the_cluster_cannot_hold_are_refused_before_anything_starts()
    {
        (await one.Command("submit", "CartPole-v1", "--run-id", "big", "--set", "replay.capacity=100000000"))
            .Refused(2, "not enough memory", "replay.capacity 100000000");
        (await one.Command("status", "big")).Refused(2, "run big", "there is no such run");
    }

    [Fact]
    public async Task An_environment_that_the_cluster_does_not_know_is_refused() =>
        (await one.Command("submit", "CartPole-v7", "--run-id", "unknown")).Refused(2, "CartPole-v7", "did you mean CartPole-v1?");

    [Fact]
    public async Task A_client_of_another_cluster_is_refused()
    {
        CommandResult result = await KreweSilo.Run("status", "life", "--gateway", one.Silo.Gateway, "--cluster-id", "other");
        result.Refused(1, one.Silo.Gateway, "no silo of cluster 'other'", "--cluster-id");
    }

    [Theory]
    [InlineData("--silo-port")]
    [InlineData("--gateway-port")]
    [InlineData("--health-port")]
    public async Task A_silo_of_another_cluster_cannot_use_a_port_that_is_in_use(string option)
    {
        int taken = option switch { "--silo-port" => one.Silo.SiloPort, "--gateway-port" => one.Silo.GatewayPort, _ => one.Silo.HealthPort };
        string[] ports = ["--silo-port", "--gateway-port", "--health-port"];
        CommandResult result = await one.Serve(
            ["--cluster-id", "other", .. ports.SelectMany(name => new[] { name, Text(name == option ? taken : FreePorts.Next()) })]);
        result.Refused(1, $"{option} {Text(taken)}", "another process listens");
        Assert.Equal(200, await one.Silo.Health("ready"));
    }

    [Fact]
    public async Task Arbitrary_bytes_from_a_client_do_not_disturb_a_silo()
    {
        var garbage = new byte[1 << 16];
        new Random(1).NextBytes(garbage);
        byte[][] messages = [garbage, "GET / HTTP/1.1\r\n\r\n"u8.ToArray(), [0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff, 0x7f], []];
        foreach (int port in new[] { one.Silo.SiloPort, one.Silo.GatewayPort })
        {
            foreach (byte[] bytes in messages)
            {
                using var socket = new TcpClient();
                await socket.ConnectAsync("127.0.0.1", port);
                await socket.GetStream().WriteAsync(bytes).AsTask().ContinueWith(_ => { }, TaskScheduler.Default);
            }
        }

        Assert.Equal(200, await one.Silo.Health("ready"));
        (await one.Command("status", "stranger")).Refused(2, "there is no such run");
        Assert.False(one.Silo.Process.HasExited);
    }

    [Fact]
    public async Task A_silo_of_another_cluster_does_not_join_the_first_silo_of_localhost_clustering()
    {
        SiloPorts ports = SiloPorts.Free();
        string[] local =
        [
            "serve", "--data", one.Data, "--health-port", "-1", "--silo-port", Text(ports.Silo), "--gateway-port", Text(ports.Gateway),
            "--primary-port", Text(one.Silo.SiloPort), "--cluster-id", "other",
        ];
        (await KreweSilo.Run(local)).Refused(1, $"--primary-port {Text(one.Silo.SiloPort)}", "cluster 'other'");
    }

    private static long Steps(JsonElement status) => status.GetProperty("figures").GetProperty("environment_steps").GetInt64();

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    /// <summary>Polls the status, as the command prints it, until it is as expected. The state's name is part of the format.</summary>
    private async Task<JsonElement> Until(string run, string state, Func<JsonElement, bool> condition)
    {
        JsonElement status = default;
        await Poll.Until($"run {run} is {state}", TimeSpan.FromSeconds(60), async () =>
        {
            CommandResult result = await one.Command("status", run, "--json");
            status = result.ExitCode == 0 ? JsonDocument.Parse(result.Lines[^1]).RootElement : throw new InvalidOperationException(result.Text);
            return status.GetProperty("state").GetString() == state && condition(status);
        }, () => status.ToString());
        return status;
    }
}
