using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.Diagnostics.CodeAnalysis;

namespace Krewe.Cli;

/// <summary>A command with examples, which its help shows but the list of commands does not.</summary>
/// <param name="name">Its name.</param>
/// <param name="description">One line.</param>
/// <param name="examples">Complete command lines.</param>
[SuppressMessage("Design", "CA1010", Justification = "A command enumerates its children for the compiler's collection initializers only.")]
public sealed class ExampleCommand(string name, string description, params string[] examples) : Command(name, description)
{
    internal string[] Examples { get; } = examples;

    /// <summary>Makes the help print examples at the end.</summary>
    /// <param name="root">The root command.</param>
    /// <param name="rootExample">The example of the root itself.</param>
    public static void AddExamplesToHelp(RootCommand root, string rootExample)
    {
        HelpOption help = root.Options.OfType<HelpOption>().Single();
        help.Action = new HelpWithExamples((HelpAction)help.Action!, rootExample);
    }

    private sealed class HelpWithExamples(HelpAction help, string rootExample) : SynchronousCommandLineAction
    {
        /// <summary>With --help, required arguments may be missing.</summary>
        public override bool ClearsParseErrors => true;

        public override int Invoke(ParseResult parseResult)
        {
            TextWriter output = parseResult.InvocationConfiguration.Output;
            using var text = new StringWriter();
            parseResult.InvocationConfiguration.Output = text;
            int exitCode = help.Invoke(parseResult);
            parseResult.InvocationConfiguration.Output = output;
            output.Write(WithOptionalArguments(text.ToString(), parseResult.CommandResult.Command));
            string[] examples = parseResult.CommandResult.Command is ExampleCommand command ? command.Examples : [rootExample];
            output.WriteLine(examples.Length == 1 ? "Example:" : "Examples:");
            foreach (string example in examples)
            {
                output.WriteLine($"  {example}");
            }

            output.WriteLine();
            output.WriteLine("An option may also stand in a file (@FILE) or an environment variable (KREWE_SEED is --seed). The command line comes before a file, a file before a variable.");
            return exitCode;
        }

        // The parser's help marks optional arguments in the usage line, but not in the list of arguments.
        private static string WithOptionalArguments(string text, Command command)
        {
            IEnumerable<(string Before, Argument Argument)> listed = command.Arguments.Select(argument => ("\n  ", argument))
                .Concat(command.Subcommands.SelectMany(subcommand => subcommand.Arguments.Select(argument => ($"\n  {subcommand.Name} ", argument))));
            return listed
                .Where(entry => entry.Argument.Arity.MinimumNumberOfValues == 0 || entry.Argument.HasDefaultValue)
                .Aggregate(text, (help, entry) => help.Replace(
                    $"{entry.Before}<{entry.Argument.Name}>", $"{entry.Before}[<{entry.Argument.Name}>]", StringComparison.Ordinal));
        }
    }
}
