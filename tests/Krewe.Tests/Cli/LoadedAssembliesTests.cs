using System.Diagnostics;
using Krewe.Cli;

namespace Krewe.Tests;

/// <summary>A command in one process does not load the cluster or torch.</summary>
public class LoadedAssembliesTests
{
    private static readonly string[] Heavy = ["Orleans", "Microsoft.AspNetCore", "Microsoft.Extensions", "TorchSharp", "StackExchange", "Krewe.Torch", "Krewe.Cluster", "Krewe.Contracts.Grains", "Krewe.Edge"];

    [Theory]
    [InlineData("--version")]
    [InlineData("train", "CartPole-v1", "--steps", "8000", "--out", "RUN")]
    public async Task A_command_in_one_process_loads_neither_the_cluster_nor_torch(params string[] arguments)
    {
        string[] loaded = await Loaded(arguments);
        Assert.Contains(arguments[0] == "train" ? "Krewe.Learner" : "krewe", loaded);
        Assert.DoesNotContain(loaded, name => Heavy.Any(heavy => name.StartsWith(heavy, StringComparison.Ordinal)));
    }

    // Negative control. Orleans may fail to start next to the test assembly, but that it was loaded shows that the check can fail.
    [Fact]
    public async Task A_run_on_grains_loads_Orleans() =>
        Assert.Contains("Orleans.Core", await Loaded("train", "CartPole-v1", "--host", "grains", "--steps", "8000", "--out", "RUN"));

    private static async Task<string[]> Loaded(params string[] arguments)
    {
        using var folder = new TemporaryFolder();
        string file = folder["loaded"];
        string[] given = [.. arguments.Select(argument => argument == "RUN" ? folder["run"] : argument)];
        var start = new ProcessStartInfo("dotnet", [typeof(CommandLineApp).Assembly.Location, .. given]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["DOTNET_STARTUP_HOOKS"] = typeof(StartupHook).Assembly.Location;
        start.Environment[StartupHook.Variable] = file;
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        string error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(File.Exists(file), $"exit code {process.ExitCode}: {error} {await output}");
        return await File.ReadAllLinesAsync(file);
    }
}
