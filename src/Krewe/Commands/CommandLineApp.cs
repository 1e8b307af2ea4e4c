using System.CommandLine;
using System.CommandLine.Invocation;
using Krewe.Runtime;

namespace Krewe.Cli;

/// <summary>The <c>krewe</c> command line.</summary>
public static class CommandLineApp
{
    /// <summary>Runs one command line.</summary>
    /// <param name="args">The arguments, without the program's name.</param>
    /// <returns>The exit code.</returns>
    public static int Run(string[] args) =>
        args is [BenchCommand.ChildName, .. var child] ? BenchCommand.ServeChild(child) : CommandLineHost.Run(BuildRoot(args), "krewe", args);

    // Only the named command is built: compiling the code that builds all of them would add 20 ms to every start.
    private static RootCommand BuildRoot(string[] args)
    {
        var root = new RootCommand("Trains deep Q-networks with many actors and one learner, in one process or on a cluster.");
        string first = args.FirstOrDefault("");
        if (first == "train")
        {
            root.Subcommands.Add(TrainCommand.Build());
        }
        else if (first != "--version")
        {
            AddAll(root);
        }

        ExampleCommand.AddExamplesToHelp(root, "krewe train CartPole-v1");
        root.Options.OfType<VersionOption>().Single().Action = new PrintVersion();
        return root;
    }

    private static void AddAll(RootCommand root)
    {
        Command[] local =
        [
            TrainCommand.Build(),
            EvaluateCommand.Build(),
            InspectCommand.Build(),
            RunsCommand.Build(),
            EnvsCommand.Build(),
            PresetsCommand.Build(),
            BenchCommand.Build(),
            DoctorCommand.Build(),
            ServeCommand.Build(),
        ];
        foreach (Command command in local.Concat(RunCommands.Build()))
        {
            root.Subcommands.Add(command);
        }
    }

    // The parser's version option reads every attribute of this assembly, which loads the assemblies of Orleans.
    private sealed class PrintVersion : SynchronousCommandLineAction
    {
        public override int Invoke(ParseResult parseResult)
        {
            parseResult.InvocationConfiguration.Output.WriteLine(KreweVersion.Current);
            return 0;
        }
    }
}
