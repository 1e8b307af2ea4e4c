using System.Diagnostics;
using System.Reflection;

namespace Krewe.Cli;

/// <summary>Runs this program as a child process.</summary>
internal static class ThisProgram
{
    /// <summary>The start information, with redirected output.</summary>
    /// <param name="arguments">The command line without the program's name.</param>
    public static ProcessStartInfo Command(params IEnumerable<string> arguments)
    {
        // The executable krewe, dotnet with krewe.dll, or, in tests, the executable of a test runner.
        Assembly own = Assembly.GetExecutingAssembly();
        string host = Environment.ProcessPath!;
        string name = Path.GetFileNameWithoutExtension(host);
        return name == own.GetName().Name
            ? new ProcessStartInfo(host, arguments) { RedirectStandardOutput = true }
            : new ProcessStartInfo(name == "dotnet" ? host : "dotnet", [own.Location, .. arguments]) { RedirectStandardOutput = true };
    }

    /// <summary>Runs it until it exits.</summary>
    /// <param name="arguments">The command line without the program's name.</param>
    /// <returns>Its standard output.</returns>
    /// <exception cref="Contracts.KreweException">It exited with a code other than 0.</exception>
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
