using System.CommandLine;
using Krewe.Cluster.Bench.Backends;
using Krewe.Contracts;
using Krewe.Contracts.Options;
using Krewe.Hosting.Bench;
using Krewe.Hosting.Cli;

namespace Krewe.Cluster.Bench;

/// <summary><c>krewe-silo bench</c>.</summary>
internal static class BenchCommand
{
    /// <summary>First argument of a process that the bench starts.</summary>
    public const string ChildName = "bench-silo";

    private static readonly Option<string> Device = new("--device")
    {
        Description = "Where torch computes in the suite backends: cpu, cuda, cuda:N or auto.",
        DefaultValueFactory = _ => DeviceName.Auto,
        HelpName = "NAME",
    };

    private static readonly Option<int> Threads = new("--threads")
    {
        Description = "Threads of torch on the CPU in the suite backends.",
        DefaultValueFactory = _ => 1,
        HelpName = "N",
    };

    private static readonly Dictionary<string, Func<ParseResult, IAsyncEnumerable<BenchRow>>> Suites = new()
    {
        ["transport"] = _ => TransportBench.Run(),
        ["learner"] = _ => LearnerBench.Run(),
        ["policy"] = _ => PolicyBench.Run(),
        ["control"] = _ => ControlBench.Run(),
        ["scaling"] = _ => ScalingBench.Run(),
        ["backends"] = parsed => BackendBench.Run(parsed.GetValue(Device)!, parsed.GetValue(Threads)).ToAsyncEnumerable(),
        ["memory"] = _ => MemoryBench.Run(),
    };

    private static readonly Argument<string> Suite = new("SUITE")
    {
        Description = $"One of {string.Join(", ", Suites.Keys)}, or all (without the last two: memory takes ten minutes, backends measures this process alone).",
    };

    private static readonly Option<bool> Json = CommonOptions.JsonFlag();

    public static Command Build()
    {
        var command = new ExampleCommand("bench", "Measures the cluster on this machine, with silos in processes of their own.", "krewe-silo bench transport")
        {
            Suite, Device, Threads, Json,
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

        BenchTable.Print(Rows(suite, parsed).ToBlockingEnumerable(), parsed.GetValue(Json));
        return 0;
    }

    private static async IAsyncEnumerable<BenchRow> Rows(string suite, ParseResult parsed)
    {
        foreach ((string name, Func<ParseResult, IAsyncEnumerable<BenchRow>> run) in Suites)
        {
            if (suite == name || (suite == "all" && name is not ("memory" or "backends")))
            {
                await foreach (BenchRow row in run(parsed))
                {
                    yield return row;
                }
            }
        }
    }
}
