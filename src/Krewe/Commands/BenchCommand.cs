using System.CommandLine;
using System.Runtime.CompilerServices;
using Krewe.Cluster;
using Krewe.Contracts;
using Krewe.Learner;

namespace Krewe.Cli;

/// <summary><c>krewe bench</c>: the benchmark suites of one process and of a cluster.</summary>
internal static class BenchCommand
{
    /// <summary>First argument of a child process that a suite starts as a silo.</summary>
    public const string ChildName = "bench-silo";

    private const string All = "all";

    private static readonly Option<int> Seeds = CommonOptions.Number("--seeds", "Trainings of each preset in the solve suite, with consecutive seeds.", 20, 1, 1000);
    private static readonly Option<long> FirstSeed = CommonOptions.Number("--first-seed", "The first of those seeds.", 0L, 0, int.MaxValue);
    private static readonly Option<int> Episodes = CommonOptions.Number("--episodes", "Episodes that the solve suite judges a network by, after its training.", 1000, 1, 1_000_000);
    private static readonly Option<int> Jobs = CommonOptions.Number("--jobs", "Trainings at the same time in the solve suite.", 1, 1, 1024);

    private static readonly Option<string[]> Presets = new("--preset")
    {
        Description = "Presets or JSON files of options for the solve suite.",
        HelpName = "NAME|FILE",
        DefaultValueFactory = _ => ["CartPole-v1"],
    };

    private static readonly Option<string[]> Set = new("--set") { Description = "Sets an option in every training of the solve suite.", HelpName = "KEY=VALUE" };

    private static readonly Option<string> Host = new("--host")
    {
        Description = "Host of the solve suite's trainings, as of krewe train: process or grains.",
        HelpName = "NAME",
        DefaultValueFactory = _ => TrainCommand.InProcess,
    };

    private static readonly Option<string?> Out = new("--out")
    {
        Description = "Folder of the solve suite's runs and of results.md; trainings whose results are in it are not repeated.",
        HelpName = "DIR",
    };

    private static readonly Option<string> Device = new("--device")
    {
        Description = "Device of torch in the backends suite: cpu, cuda, cuda:N or auto.",
        DefaultValueFactory = _ => DeviceName.Auto,
        HelpName = "NAME",
    };

    private static readonly Option<int> Threads = CommonOptions.Number("--threads", "Threads of an update on the CPU in the backends suite (learner.threads).", 1, 1, 1024);

    private static readonly Option<bool> Json = CommonOptions.JsonFlag();

    // The suites in "all" come first: those of one process that take seconds each.
    private static readonly Dictionary<string, Func<ParseResult, IAsyncEnumerable<BenchRow>>> Suites = new()
    {
        ["env"] = _ => EnvironmentBench.Run().ToAsyncEnumerable(),
        ["replay"] = _ => ReplayBench.Run().ToAsyncEnumerable(),
        ["learning"] = _ => LearningBench.Run().ToAsyncEnumerable(),
        ["acting"] = _ => ActingBench.Run().Concat(PublishBench.Run()).ToAsyncEnumerable(),
        ["solve"] = parsed => new SolveBench(
            parsed.GetValue(Presets)!,
            parsed.GetValue(Set) ?? [],
            parsed.GetValue(Host)!,
            [.. Enumerable.Range(0, parsed.GetValue(Seeds)).Select(i => parsed.GetValue(FirstSeed) + i)],
            parsed.GetValue(Episodes),
            parsed.GetValue(Jobs),
            parsed.GetValue(Out),
            TextWriter.Synchronized(parsed.GetValue(Json) ? Console.Error : Console.Out)).Run().ToAsyncEnumerable(),
        ["startup"] = _ => StartupBench.Run().ToAsyncEnumerable(),
        ["backends"] = parsed => BackendBench.Run(parsed.GetValue(Device)!, parsed.GetValue(Threads)).ToAsyncEnumerable(),
        ["transport"] = _ => TransportBench.Run(),
        ["learner"] = _ => LearnerBench.Run(),
        ["policy"] = _ => PolicyBench.Run(),
        ["control"] = _ => ControlBench.Run(),
        ["scaling"] = _ => ScalingBench.Run(),
        ["memory"] = _ => MemoryBench.Run(),
    };

    private static readonly string[] OfAll = ["env", "replay", "learning", "acting"];

    private static readonly Argument<string> Suite = new("SUITE")
    {
        Description = $"One of {string.Join(", ", Suites.Keys)}; all stands for {string.Join(", ", OfAll)}, and solve when --seeds is given.",
    };

    public static Command Build()
    {
        var command = new ExampleCommand(
            "bench",
            "Runs benchmarks and prints the results beside their goals.",
            "krewe bench learning",
            "krewe bench solve --preset CartPole-v1 --preset Acrobot-v1 --seeds 20 --out results",
            "krewe bench transport")
        {
            Suite, Seeds, FirstSeed, Presets, Set, Host, Episodes, Jobs, Out, Device, Threads, Json,
        };
        command.SetAction(Run);
        return command;
    }

    /// <summary>Runs a silo for a cluster suite until its standard input ends.</summary>
    /// <param name="args">The arguments passed by the suite.</param>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static int ServeChild(string[] args)
    {
        NativeHeap.KeepSmall();
        BenchCluster.Serve(args).GetAwaiter().GetResult();
        return 0;
    }

    private static int Run(ParseResult parsed)
    {
        string suite = parsed.GetValue(Suite)!;
        string[] names = [.. Suites.Keys, All];
        if (!names.Contains(suite))
        {
            throw new InvalidOptionException($"unknown suite '{suite}'{NearestName.Suggestion(suite, names)}; expected one of {string.Join(", ", names)}");
        }

        TrainCommand.CheckHost(parsed.GetValue(Host)!);
        string[] chosen = suite != All ? [suite] : parsed.GetResult(Seeds) is null or { Implicit: true } ? OfAll : [.. OfAll, "solve"];
        BenchTable.Print(Rows(chosen, parsed).ToBlockingEnumerable(), parsed.GetValue(Json));
        return 0;
    }

    private static async IAsyncEnumerable<BenchRow> Rows(string[] suites, ParseResult parsed)
    {
        foreach (string suite in suites)
        {
            await foreach (BenchRow row in Suites[suite](parsed))
            {
                yield return row;
            }
        }
    }
}
