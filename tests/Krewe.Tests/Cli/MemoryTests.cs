using System.Diagnostics;
using Krewe.Cli;

namespace Krewe.Tests;

public sealed class MemoryTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(20_000_000, 2)]
    [InlineData(200_000, 0)]
    public async Task A_replay_that_does_not_fit_into_memory_is_refused_before_anything_starts(int capacity, int exitCode)
    {
        // Runs in a process with a heap limit of 512 MiB, so that the result does not depend on the machine: 20 million slots need 580 MB.
        var start = new ProcessStartInfo("dotnet") { RedirectStandardError = true, RedirectStandardOutput = true };
        start.Environment["DOTNET_GCHeapHardLimit"] = "0x20000000";
        foreach (string argument in new[]
        {
            typeof(CommandLineApp).Assembly.Location, "train", "CartPole-v1", "--steps", "2000", "--out", _folder["run"], "--set", $"replay.capacity={capacity}", "--set", "replay.priority_exponent=0",
        })
        {
            start.ArgumentList.Add(argument);
        }

        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        string error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        await output;
        Assert.Equal(exitCode, process.ExitCode);
        Assert.Equal(exitCode != 0, error.Contains($"replay.capacity {capacity} needs 0.6 GB", StringComparison.Ordinal));
        Assert.Equal(exitCode == 0, Directory.Exists(_folder["run"]));
    }
}
