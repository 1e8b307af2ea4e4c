using System.Diagnostics;
using System.Reflection;

namespace Krewe.Cli;

/// <summary>This program as a process of its own, as a user starts it.</summary>
internal static class ThisProgram
{
    /// <summary>How it is started, with redirected output.</summary>
    /// <param name="arguments">The command line without the program's name.</param>
    public static ProcessStartInfo Command(params IEnumerable<string> arguments)
    {
        string host = Environment.ProcessPath!;
        bool isShared = Path.GetFileNameWithoutExtension(host) == "dotnet";
        return new ProcessStartInfo(host, isShared ? [Assembly.GetExecutingAssembly().Location, .. arguments] : arguments) { RedirectStandardOutput = true };
    }

    /// <summary>Runs it to its end.</summary>
    /// <param name="arguments">The command line without the program's name.</param>
    /// <returns>What it wrote to its standard output.</returns>
    /// <exception cref="Contracts.KreweException">It ended with another exit code than 0.</exception>
    public static string Run(params IReadOnlyList<string> arguments)
    {
        ProcessStartInfo start = Command(arguments);
        start.RedirectStandardError = true;
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0
            ? output
            : throw new Contracts.KreweException($"krewe {string.Join(' ', arguments)}: ended with exit code {process.ExitCode}: {errors.GetAwaiter().GetResult()}");
    }
}
