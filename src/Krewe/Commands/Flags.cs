using System.CommandLine;
using Krewe.Contracts;

namespace Krewe.Cli;

/// <summary>Boolean options with a value in the same word, as set by environment variables: <c>--until-solved=yes</c>.</summary>
internal static class Flags
{
    private static readonly string[] On = ["true", "1", "yes", "on"];
    private static readonly string[] Off = ["false", "0", "no", "off"];

    /// <summary>Replaces the values of Boolean options on a command line by those that the parser knows: true and false.</summary>
    /// <param name="args">The command line.</param>
    /// <param name="options">The options of its command.</param>
    /// <exception cref="InvalidOptionException">A value is neither on nor off.</exception>
    public static string[] Normalize(string[] args, IEnumerable<Option> options)
    {
        string[] flags = [.. options.Where(option => option.ValueType == typeof(bool)).Select(option => option.Name + "=")];
        int end = CommandLineHost.EndOfOptions(args);
        return [.. args[..end].Select(arg => Array.Find(flags, flag => arg.StartsWith(flag, StringComparison.Ordinal)) is { } flag ? flag + Value(flag, arg) : arg), .. args[end..]];
    }

    private static string Value(string flag, string arg)
    {
        string text = arg[flag.Length..];
        return On.Contains(text, StringComparer.OrdinalIgnoreCase) ? "true"
            : Off.Contains(text, StringComparer.OrdinalIgnoreCase) ? "false"
            : throw new InvalidOptionException($"{flag[..^1]} {text}: expected true or false (1 or 0, yes or no, on or off)");
    }
}
