namespace Krewe.Cluster.ProcessTests;

/// <summary>Runs the built program as a user would.</summary>
internal static class KreweSilo
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(90);
    private static int _runs;

    public static string Program { get; } = Path.Combine(AppContext.BaseDirectory, "krewe.dll");

    /// <summary>Runs a command until it exits.</summary>
    public static Task<CommandResult> Run(params string[] arguments) => Run(null, arguments);

    public static Task<CommandResult> Run(IReadOnlyDictionary<string, string>? environment, params string[] arguments) =>
        Run(environment, arguments, _ => Task.CompletedTask);

    /// <summary>Runs a command until it has printed a text, then sends a signal and waits for the exit.</summary>
    public static Task<CommandResult> RunUntil(string text, string signal, params string[] arguments) => RunUntil(
        text,
        process =>
        {
            process.Signal(signal);
            return Task.CompletedTask;
        },
        arguments);

    /// <summary>Runs a command until it has printed a text, then an action, and waits for the command's exit.</summary>
    public static Task<CommandResult> RunUntil(string text, Func<ChildProcess, Task> then, params string[] arguments) => Run(null, arguments, async process =>
    {
        await Poll.Until(
            $"the command prints '{text}'", Limit, () => Task.FromResult(process.HasExited || process.Log().Contains(text, StringComparison.Ordinal)), process.Log);
        await then(process);
    });

    private static async Task<CommandResult> Run(
        IReadOnlyDictionary<string, string>? environment, string[] arguments, Func<ChildProcess, Task> interact)
    {
        string path = Path.Combine(Path.GetTempPath(), $"krewe-command-{Environment.ProcessId}-{Interlocked.Increment(ref _runs)}.log");
        try
        {
            using var process = ChildProcess.Start("dotnet", [Program, .. arguments], path, environment);
            await interact(process);
            Assert.True(await process.Ended(Limit), $"krewe {string.Join(' ', arguments)}: did not end within {Limit.TotalSeconds} s: {process.Log()}");
            return new CommandResult(process.ExitCode, process.Log());
        }
        finally
        {
            File.Delete(path);
        }
    }
}

/// <summary>The exit code and output of a command.</summary>
internal sealed record CommandResult(int ExitCode, string Text)
{
    public string[] Lines => Text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    /// <summary>Asserts that it failed with one line that contains the given texts.</summary>
    public void Refused(int exitCode, params string[] names)
    {
        Assert.True(ExitCode == exitCode, $"exit {ExitCode}, expected {exitCode}: {Text}");
        string line = Assert.Single(Lines);
        Assert.StartsWith("krewe: ", line, StringComparison.Ordinal);
        foreach (string name in names)
        {
            Assert.Contains(name, line, StringComparison.Ordinal);
        }
    }

    /// <summary>Asserts that it succeeded.</summary>
    public CommandResult Ok()
    {
        Assert.True(ExitCode == 0, $"exit {ExitCode}: {Text}");
        return this;
    }
}
