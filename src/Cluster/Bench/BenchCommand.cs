using System.CommandLine;
using Krewe.Contracts;
using Krewe.Hosting.Bench;
using Krewe.Hosting.Cli;

namespace Krewe.Cluster.Bench;

/// <summary><c>krewe-silo bench</c>.</summary>
internal static class BenchCommand
{
    /// <summary>First argument of a process that the bench starts.</summary>
    public const string ChildName = "bench-silo";

    private static readonly Dictionary<string, Func<IAsyncEnumerable<BenchRow>>> Suites = new()
    {
        ["transport"] = TransportBench.Run,
        ["learner"] = LearnerBench.Run,
        ["policy"] = PolicyBench.Run,
        ["control"] = ControlBench.Run,
        ["scaling"] = ScalingBench.Run,
        ["memory"] = MemoryBench.Run,
    };

    private static readonly Argument<string> Suite = new("SUITE")
    {
        Description = $"One of {string.Join(", ", Suites.Keys)}  (which takes ten minutes), or all (the rest).",
    };

    private static readonly Option<bool> Json = CommonOptions.JsonFlag();

    public static Command Build()
    {
        var command = new ExampleCommand("bench", "Measures the cluster on this machine, with silos in processes of their own.", "krewe-silo bench transport")
        {
            Suite, Json,
        };
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parsed)
    {
        string suite = parsed.GetValue(Suite)!;
        string[] names = [.. Suites.Keys, "all"];
        if (!names.Contains(suite))
        {
            throw new InvalidOptionException($"unknown suite '{suite}'{NearestName.Suggestion(suite, names)}; expected one of {string.Join(", ", names)}");
        }

        BenchTable.Print(Rows(suite).ToBlockingEnumerable(), parsed.GetValue(Json));
        return 0;
    }

    private static async IAsyncEnumerable<BenchRow> Rows(string suite)
    {
        foreach ((string name, Func<IAsyncEnumerable<BenchRow>> run) in Suites)
        {
            if (suite == name || (suite == "all" && name != "memory"))
            {
                await foreach (BenchRow row in run())
                {
                    yield return row;
                }
            }
        }
    }
}
