using System.Text.Json;

namespace Krewe.Cluster.ProcessTests;

/// <summary><c>krewe train --host grains</c>: a run on grains in one process.</summary>
public sealed class GrainsHostTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("krewe-grains-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("grains", "grains")]
    [InlineData("grains", "process")]
    [InlineData("process", "grains")]
    public async Task A_run_is_resumed_in_its_folder_on_either_host(string first, string second)
    {
        string run = Path.Combine(_folder, "run");
        JsonElement before = Report(await KreweSilo.Run("train", "CartPole-v1", "--steps", "8000", "--host", first, "--out", run, "--json"));
        JsonElement after = Report(await KreweSilo.Run("train", "--resume", run, "--steps", "16000", "--host", second, "--json"));
        Assert.Equal(16_000, after.GetProperty("env_steps").GetInt64());
        Assert.True(after.GetProperty("updates").GetInt64() > before.GetProperty("updates").GetInt64());
    }

    [Fact]
    public async Task Ctrl_c_at_the_start_says_what_is_left()
    {
        string run = Path.Combine(_folder, "run");
        CommandResult result = await KreweSilo.RunUntil("CartPole-v1: ", "INT", "train", "CartPole-v1", "--steps", "2000000000", "--host", "grains", "--out", run);
        Assert.True(result.ExitCode == 130, result.Text);

        // A learner that had begun has written a checkpoint.
        bool began = Directory.Exists(run);
        Assert.Equal(began, Directory.Exists(Path.Combine(run, "last")));
        Assert.Contains(
            began ? $"krewe: interrupted; to resume: krewe train --resume {run} --host grains"
                : $"krewe: CartPole-v1: interrupted before the training began: nothing was trained, and no run is left in {run}",
            result.Text,
            StringComparison.Ordinal);
    }

    private static JsonElement Report(CommandResult result) => JsonDocument.Parse(result.Ok().Lines[^1]).RootElement;
}
