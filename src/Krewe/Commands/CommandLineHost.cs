using System.CommandLine;
using System.CommandLine.Parsing;
using Krewe.Contracts;

namespace Krewe.Cli;

/// <summary>
/// Runs the command line of a program: parses, runs, and turns every failure into one line for the user and an exit code (1: it failed,
/// 2: what was asked for is wrong, 130: interrupted).
/// </summary>
public static class CommandLineHost
{
    /// <summary>Exit code after Ctrl-C: 128 + SIGINT, as shells have it.</summary>
    public const int Interrupted = 130;

    private const string VerboseName = "--verbose";

    /// <summary>Runs one command line.</summary>
    /// <param name="root">The program's commands; <c>--verbose</c> is added to them.</param>
    /// <param name="programName">The program's name, as the user types it.</param>
    /// <param name="args">The arguments, without the program's name.</param>
    /// <returns>The exit code.</returns>
    public static int Run(RootCommand root, string programName, string[] args)
    {
        var verbose = new Option<bool>(VerboseName) { Description = "Show where an error came from.", Recursive = true };
        root.Options.Add(verbose);

        // Who types only the name wants to know what it can do.
        ParseResult parsed = root.Parse(args.Length == 0 ? ["--help"] : args);
        if (parsed.Errors.Count > 0)
        {
            Console.Error.WriteLine($"{programName}: {Describe(parsed, programName)}");
            return 2;
        }

        try
        {
            return parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
        }
        catch (OperationCanceledException)
        {
            return Interrupted;
        }
        catch (Exception e)
        {
            // The last resort of the whole program: no stack trace reaches a user who has not asked for it.
            string text = e is KreweException ? e.Message : $"internal error: {e.GetType().Name}: {e.Message} ({VerboseName} shows where)";
            Console.Error.WriteLine($"{programName}: {text}");
            if (parsed.GetValue(verbose))
            {
                Console.Error.WriteLine(e);
            }

            return (e as KreweException)?.ExitCode ?? 1;
        }
    }

    private static string Describe(ParseResult parsed, string programName)
    {
        string? unknown = parsed.UnmatchedTokens.Count > 0 ? parsed.UnmatchedTokens[0] : null;
        if (unknown is null)
        {
            ParseError error = parsed.Errors[0];
            return error.SymbolResult is OptionResult { Tokens: [var token] } result && Expected(result.Option.ValueType) is { } expected
                ? $"{result.Option.Name} {token.Value}: expected {expected}"
                : error.Message;
        }

        Command command = parsed.CommandResult.Command;
        IEnumerable<string> names = unknown.StartsWith('-')
            ? command.Options.Select(option => option.Name).Append(VerboseName)
            : command.Subcommands.Select(subcommand => subcommand.Name);
        string kind = unknown.StartsWith('-') ? "option" : command.Subcommands.Count > 0 ? "command" : "argument";
        return $"unknown {kind} '{unknown}'{NearestName.Suggestion(unknown, names)} ({programName} {Path(parsed.CommandResult)}--help lists them)";
    }

    // The parser's own message names the .NET type.
    private static string? Expected(Type type)
    {
        Type value = Nullable.GetUnderlyingType(type) ?? type;
        return value == typeof(int) || value == typeof(long) ? "a whole number"
            : value == typeof(double) ? "a number"
            : null;
    }

    private static string Path(CommandResult result) =>
        result.Parent is CommandResult parent ? $"{Path(parent)}{result.Command.Name} " : "";
}
