using System.Text.Json;
using Krewe.Cli;

namespace Krewe.Tests;

/// <summary>
/// The result of a command line that ran in this process with the console redirected. Only for tests in the collection <see cref="Alone"/>.
/// </summary>
internal sealed record CliRun(int ExitCode, string Output, string Error)
{
    public string[] Lines => Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    public JsonElement Json => JsonDocument.Parse(Lines[^1]).RootElement;

    public static CliRun Of(params string[] args)
    {
        (TextWriter output, TextWriter error) = (Console.Out, Console.Error);
        using var newOutput = new StringWriter();
        using var newError = new StringWriter();
        try
        {
            Console.SetOut(newOutput);
            Console.SetError(newError);
            int exitCode = CommandLineApp.Run(args);
            return new CliRun(exitCode, newOutput.ToString(), newError.ToString());
        }
        finally
        {
            Console.SetOut(output);
            Console.SetError(error);
        }
    }

    /// <summary>Runs a command line that must succeed.</summary>
    public static CliRun Ok(params string[] args)
    {
        CliRun run = Of(args);
        Assert.True(run.ExitCode == 0, $"krewe {string.Join(' ', args)}: exit {run.ExitCode}: {run.Error}");
        return run;
    }

    /// <summary>Trains CartPole for at most a second, into a folder.</summary>
    public static CliRun Train(string folder, params string[] more) =>
        Ok(["train", "CartPole-v1", "--steps", "8000", "--out", folder, "--json", .. more]);
}
