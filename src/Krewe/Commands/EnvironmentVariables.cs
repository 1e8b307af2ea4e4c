using System.CommandLine;
using System.Text.RegularExpressions;

namespace Krewe.Cli;

/// <summary>
/// Options of every command that are given as environment variables: <c>--silo-port</c> is <c>KREWE_SILO_PORT</c>. The command line and its files
/// come before the variable, and the variable before the default. An empty variable is none.
/// </summary>
internal static class EnvironmentVariables
{
    /// <summary>The variable of an option.</summary>
    /// <param name="option">The option's name, for example <c>--silo-port</c>.</param>
    public static string NameOf(string option) => "KREWE_" + option.TrimStart('-').Replace('-', '_').ToUpperInvariant();

    /// <summary>The options of the command that the command line leaves out and a variable gives: name and value.</summary>
    /// <param name="parsed">The command line.</param>
    public static IReadOnlyList<(string Option, string Value)> Given(ParseResult parsed) =>
    [
        .. from option in CommandLineHost.OptionsOf(parsed)
           where option is not (VersionOption or System.CommandLine.Help.HelpOption) && parsed.GetResult(option) is null or { Implicit: true }
           let value = Environment.GetEnvironmentVariable(NameOf(option.Name))
           where value is { Length: > 0 }
           select (option.Name, value),
    ];

    /// <summary>A command line with the options that variables give, each with its value in one word, before a <c>--</c>.</summary>
    /// <param name="args">The command line.</param>
    /// <param name="given">The options that variables give.</param>
    public static string[] Add(string[] args, IReadOnlyList<(string Option, string Value)> given)
    {
        int end = CommandLineHost.EndOfOptions(args);
        return [.. args[..end], .. given.Select(variable => $"{variable.Option}={variable.Value}"), .. args[end..]];
    }

    /// <summary>A message that names options which variables gave names the variables instead.</summary>
    /// <param name="message">The message.</param>
    /// <param name="given">The options that variables gave.</param>
    public static string Rename(string message, IReadOnlyList<(string Option, string Value)> given) => given.Aggregate(
        message, (text, variable) => Regex.Replace(text, $@"(?<![\w-]){Regex.Escape(variable.Option)}(?![\w-])", NameOf(variable.Option)));
}
