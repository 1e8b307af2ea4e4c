using System.CommandLine;
using Krewe.Bench;
using Krewe.Contracts;
using Krewe.Hosting.Bench;
using Krewe.Hosting.Cli;

namespace Krewe.Cli;

/// <summary><c>krewe bench</c>.</summary>
internal static class BenchCommand
{
    private static readonly string[] Suites = ["acting", "env", "learning", "replay", "solve", "all"];

    private static readonly Argument<string> Suite = new("SUITE") { Description = $"One of {string.Join(", ", Suites)} (all leaves solve out unless --seeds is given)." };
    private static readonly Option<int?> Seeds = new("--seeds") { Description = "Seeds of the solve suite, default 20.", HelpName = "N" };
    private static readonly Option<bool> Json = CommonOptions.JsonFlag();

    public static Command Build()
    {
        var command = new ExampleCommand(
            "bench",
            "Measures speed and prints it beside the goals.",
            "krewe bench learning",
            "krewe bench solve --seeds 20")
        {
            Suite, Seeds, Json,
        };
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parsed)
    {
        string suite = parsed.GetValue(Suite)!;
        if (!Suites.Contains(suite))
        {
            throw new InvalidOptionException($"unknown suite '{suite}'{NearestName.Suggestion(suite, Suites)}; expected one of {string.Join(", ", Suites)}");
        }

        int? seeds = parsed.GetValue(Seeds);
        if (seeds is < 1 or > 1000)
        {
            throw new InvalidOptionException($"--seeds {seeds}: expected 1 to 1000");
        }

        bool json = parsed.GetValue(Json);
        BenchTable.Print(Rows(suite, seeds, json ? Console.Error : Console.Out), json);
        return 0;
    }

    private static IEnumerable<BenchRow> Rows(string suite, int? seeds, TextWriter text)
    {
        IEnumerable<BenchRow> rows = [];
        bool all = suite == "all";
        rows = suite == "env" || all ? rows.Concat(EnvironmentBench.Run()) : rows;
        rows = suite == "replay" || all ? rows.Concat(ReplayBench.Run()) : rows;
        rows = suite == "learning" || all ? rows.Concat(LearningBench.Run()) : rows;
        rows = suite == "acting" || all ? rows.Concat(ActingBench.Run()) : rows;
        return suite == "solve" || (all && seeds is not null) ? rows.Concat(SolveBench.Run(seeds ?? 20, text)) : rows;
    }
}
