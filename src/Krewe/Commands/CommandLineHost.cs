using System.CommandLine;
using System.CommandLine.Parsing;
using Krewe.Contracts;

namespace Krewe.Cli;

/// <summary>
/// Runs the command line of a program: parses it, invokes the command, and turns every failure into one line and an exit code (1: failed,
/// 2: invalid request, 130: interrupted).
/// </summary>
public static class CommandLineHost
{
    /// <summary>Exit code after Ctrl-C: 128 + SIGINT, as in shells.</summary>
    public const int Interrupted = 130;

    /// <summary>The option that every command has.</summary>
    internal const string VerboseName = "--verbose";

    /// <summary>Key in <see cref="Exception.Data"/> of a line for the user that follows the error: what can be done now.</summary>
    public const string Advice = "krewe.advice";

    // Files of options are read by OptionFiles.
    private static readonly ParserConfiguration WithoutFiles = new() { ResponseFileTokenReplacer = null };

    /// <summary>Runs one command line.</summary>
    /// <param name="root">The program's commands; <c>--verbose</c> is added to them.</param>
    /// <param name="programName">The program's name, as the user types it.</param>
    /// <param name="args">The arguments, without the program's name.</param>
    /// <returns>The exit code.</returns>
    public static int Run(RootCommand root, string programName, string[] args)
    {
        var verbose = new Option<bool>(VerboseName) { Description = "Show the stack trace of an error.", Recursive = true };
        root.Options.Add(verbose);
        IReadOnlyList<(string Option, string Value)> variables = [];
        ParseResult? parsed = null;
        TextWriter output = Console.Out;
        using var guarded = new GuardedOutput(output);
        Console.SetOut(guarded);
        try
        {
            // Without arguments, show the help.
            string[] words = OptionFiles.Expand(root, args.Length == 0 ? ["--help"] : args);
            ParseResult given = Parse(root, words);
            variables = EnvironmentVariables.Given(given);
            string[] all = Flags.Normalize(EnvironmentVariables.Add(words, variables), OptionsOf(given));
            parsed = all.SequenceEqual(words) ? given : Parse(root, all);
            if ((parsed.Errors.Count > 0 ? Describe(parsed, programName) : WrongValue(parsed, programName)) is { } fault)
            {
                throw new InvalidOptionException(fault);
            }

            return parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
        }
        catch (OperationCanceledException)
        {
            Report($"{programName}: interrupted");
            return Interrupted;
        }
        catch (Exception e)
        {
            // The last handler of the program: stack traces are shown only on request.
            string text = e switch
            {
                KreweException => EnvironmentVariables.Rename(e.Message, variables),
                (IOException and not (FileNotFoundException or FileLoadException)) or UnauthorizedAccessException => $"{e.Message} ({VerboseName} shows where)",
                _ => $"internal error: {e.GetType().Name}: {e.Message} ({VerboseName} shows where)",
            };
            Report($"{programName}: {text.ReplaceLineEndings(" ")}");
            if (e.Data[Advice] is string advice)
            {
                Report($"{programName}: {advice}");
            }

            if (parsed?.GetValue(verbose) == true)
            {
                Report(e.ToString());
            }

            return (e as KreweException)?.ExitCode ?? 1;
        }
        finally
        {
            Console.SetOut(output);
        }
    }

    /// <summary>Parses a command line in which files of options have been replaced by their words.</summary>
    internal static ParseResult Parse(RootCommand root, string[] args) => root.Parse(args, WithoutFiles);

    /// <summary>The options of a command line's command, with those that every command has.</summary>
    internal static IEnumerable<Option> OptionsOf(ParseResult parsed) =>
        parsed.CommandResult.Command.Options.Union(parsed.RootCommandResult.Command.Options.Where(option => option.Recursive));

    /// <summary>Index of the <c>--</c> that ends the options; the length when there is none.</summary>
    internal static int EndOfOptions(string[] args) => Array.IndexOf(args, "--") is var found and >= 0 ? found : args.Length;

    private static void Report(string message)
    {
        try
        {
            Console.Error.WriteLine(message);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Standard error is closed too: only the exit code remains.
        }
    }

    // The parser accepts an empty string, and the name of another option, as a value.
    private static string? WrongValue(ParseResult parsed, string programName)
    {
        foreach (SymbolResult result in parsed.CommandResult.Children)
        {
            (string? name, string? expected) = result switch
            {
                OptionResult option => (option.Option.Name, option.Option.HelpName),
                ArgumentResult { Argument: { Description: [var first, .. var rest] } argument } => (argument.Name, char.ToLowerInvariant(first) + rest.TrimEnd('.')),
                _ => (null, null),
            };
            foreach (Token token in name is null ? [] : result.Tokens)
            {
                if (string.IsNullOrWhiteSpace(token.Value))
                {
                    return $"{name} '{token.Value}': is empty, expected {expected}";
                }

                if (token.Value.StartsWith("--", StringComparison.Ordinal) && result is ArgumentResult)
                {
                    return Unknown(parsed.CommandResult, token.Value, programName);
                }

                if (token.Value.StartsWith("--", StringComparison.Ordinal))
                {
                    return $"{name} {token.Value}: expected {expected}, not another option";
                }
            }
        }

        return null;
    }

    private static string Describe(ParseResult parsed, string programName)
    {
        string? unknown = parsed.UnmatchedTokens.Count > 0 ? parsed.UnmatchedTokens[0] : null;
        if (unknown is null)
        {
            ParseError error = parsed.Errors[0];
            if (Missing(parsed) is { } missing && error.SymbolResult is not OptionResult)
            {
                string example = parsed.CommandResult.Command is ExampleCommand { Examples: [var first, ..] } ? $" for example: {first}" : "";
                return $"{parsed.CommandResult.Command.Name}: which {missing.Name}?{example} ({programName} {Path(parsed.CommandResult)}--help explains it)";
            }

            if (parsed.CommandResult.Command is { Action: null, Subcommands.Count: > 0 })
            {
                return $"which command? ({programName} {Path(parsed.CommandResult)}--help lists them)";
            }

            return error.SymbolResult is OptionResult result ? Describe(result, error.Message) : error.Message;
        }

        return Unknown(parsed.CommandResult, unknown, programName);
    }

    private static string Unknown(CommandResult result, string unknown, string programName)
    {
        Command command = result.Command;
        IEnumerable<string> names = unknown.StartsWith('-')
            ? command.Options.Select(option => option.Name).Append(VerboseName)
            : command.Subcommands.Select(subcommand => subcommand.Name);
        string kind = unknown.StartsWith('-') ? "option" : command.Subcommands.Count > 0 ? "command" : "argument";
        return $"unknown {kind} '{unknown}'{NearestName.Suggestion(unknown, names)} ({programName} {Path(result)}--help lists them)";
    }

    /// <param name="result">An option with an error.</param>
    /// <param name="message">The parser's message, which is kept only when it is one of ours and so begins with the option.</param>
    private static string Describe(OptionResult result, string message)
    {
        (string name, string value) = (result.Option.Name, result.Option.HelpName ?? "a value");
        return message.StartsWith(name, StringComparison.Ordinal) ? message : result.Tokens switch
        {
            [] => $"{name}: expected {value} after it",
            [var token] => $"{name} {token.Value}: expected {Expected(result.Option.ValueType) ?? value}",
            _ => $"{name} is given {result.Tokens.Count} times ({string.Join(", ", result.Tokens.Select(token => token.Value))}), expected once",
        };
    }

    private static Argument? Missing(ParseResult parsed) => parsed.CommandResult.Command.Arguments
        .FirstOrDefault(argument => argument.Arity.MinimumNumberOfValues > 0 && parsed.GetResult(argument) is not { Tokens.Count: > 0 });

    // The parser's own message names the .NET type.
    private static string? Expected(Type type)
    {
        Type value = Nullable.GetUnderlyingType(type) ?? type;
        return value == typeof(int) ? $"a whole number from {int.MinValue} to {int.MaxValue}"
            : value == typeof(long) ? $"a whole number from {long.MinValue} to {long.MaxValue}"
            : value == typeof(double) ? "a number"
            : value == typeof(bool) ? "true or false"
            : null;
    }

    private static string Path(CommandResult result) =>
        result.Parent is CommandResult parent ? $"{Path(parent)}{result.Command.Name} " : "";
}
