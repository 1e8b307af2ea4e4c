using System.CommandLine;
using System.Text.RegularExpressions;

namespace Krewe.Cli;

/// <summary>
/// Environment variables for the options of every command: <c>--silo-port</c> is <c>KREWE_SILO_PORT</c>. The command line overrides the
/// variable, and the variable overrides the default. An empty variable counts as unset.
/// </summary>
internal static class EnvironmentVariables
{
    /// <summary>The variable of an option.</summary>
    /// <param name="option">The option's name, for example <c>--silo-port</c>.</param>
    public static string NameOf(string option) => "KREWE_" + option.TrimStart('-').Replace('-', '_').ToUpperInvariant();

    /// <summary>The options that are set by a variable and not on the command line: name and value.</summary>
    /// <param name="parsed">The command line.</param>
    public static IReadOnlyList<(string Option, string Value)> Given(ParseResult parsed) =>
    [
        .. from option in CommandLineHost.OptionsOf(parsed)
           where option is not (VersionOption or System.CommandLine.Help.HelpOption) && parsed.GetResult(option) is null or { Implicit: true }
           let value = Environment.GetEnvironmentVariable(NameOf(option.Name))
           where value is { Length: > 0 }
           select (option.Name, value),
    ];

    /// <summary>Adds the options set by variables to a command line, each with its value in one word, before a <c>--</c>.</summary>
    /// <param name="args">The command line.</param>
    /// <param name="given">The options set by variables.</param>
    public static string[] Add(string[] args, IReadOnlyList<(string Option, string Value)> given)
    {
        int end = CommandLineHost.EndOfOptions(args);
        return [.. args[..end], .. given.Select(variable => $"{variable.Option}={variable.Value}"), .. args[end..]];
    }

    /// <summary>Replaces, in a message, the names of options set by variables by the names of the variables.</summary>
    /// <param name="message">The message.</param>
    /// <param name="given">The options set by variables.</param>
    public static string Rename(string message, IReadOnlyList<(string Option, string Value)> given) => given.Aggregate(
        message, (text, variable) => Regex.Replace(text, $@"(?<![\w-]){Regex.Escape(variable.Option)}(?![\w-])", NameOf(variable.Option)));
}
