using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Krewe.Runtime;

namespace Krewe.Cli;

/// <summary><c>krewe runs</c>.</summary>
internal static class RunsCommand
{
    private static readonly Argument<string> Folder = new("DIR") { Description = "Folder that holds the runs' folders, or the folder of one run.", DefaultValueFactory = _ => "runs" };
    private static readonly Option<bool> Json = CommonOptions.JsonListFlag();

    public static Command Build()
    {
        var command = new ExampleCommand("runs", "Lists the runs in a folder with their states, oldest first.", "krewe runs", "krewe runs /data/runs --json")
        {
            Folder, Json,
        };
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parsed)
    {
        string directory = parsed.GetValue(Folder)!;
        IReadOnlyList<RunSummary> runs = RunSummary.List(directory);
        if (parsed.GetValue(Json))
        {
            Console.Out.WriteLine(JsonSerializer.Serialize(
                runs.Select(run => new
                {
                    run.Name,
                    State = StateName(run),
                    Env = run.EnvironmentId,
                    run.Seed,
                    EnvSteps = run.EnvironmentSteps,
                    run.StepBudget,
                    run.BestMean,
                    run.Failure,
                    run.Written,
                }),
                CommonOptions.Json));
            return 0;
        }

        if (runs.Count == 0)
        {
            Console.Out.WriteLine($"no runs in {directory} (krewe train ENV starts one)");
        }

        int width = runs.Select(run => run.Name.Length).DefaultIfEmpty().Max();
        foreach (RunSummary run in runs)
        {
            Console.Out.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{run.Name.PadRight(width)}  {run.EnvironmentId ?? "-",-20} {StateName(run),-9} {run.EnvironmentSteps,13:N0} / {run.StepBudget,-13:N0} best {run.BestMean?.ToString("0.0##", CultureInfo.InvariantCulture) ?? "none",-9} {run.Written:yyyy-MM-dd HH:mm:ss} UTC"));
        }

        return 0;
    }

    private static string StateName(RunSummary run) => run.State.ToString().ToLowerInvariant();
}
