using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Krewe.Cluster;
using Krewe.Contracts;
using Krewe.Contracts.Grains;
using Krewe.Runtime;
using static Krewe.Cli.RunCommands;

namespace Krewe.Cli;

/// <summary>Implements the commands of <see cref="RunCommands"/>.</summary>
internal static class RunActions
{
    /// <summary>Runs one command.</summary>
    /// <param name="command">Its name.</param>
    /// <param name="parsed">The command line.</param>
    /// <returns>The exit code.</returns>
    public static int Run(string command, ParseResult parsed)
    {
        // Before connecting.
        TrainingOptions? options = null;
        if (command == "submit")
        {
            options = CheckSubmit(parsed);
        }
        else if (command != "list")
        {
            IdOf(parsed);
        }

        Func<ParseResult, IGrainFactory, Task<int>> action = command switch
        {
            "submit" => (line, grains) => Submit(line, grains, options),
            "list" => ListRuns,
            "status" => Status,
            "watch" => (line, grains) => WatchRun(line, grains, IdOf(line)),
            "pause" => Do(run => run.Pause(), "paused"),
            "resume" => Do(run => run.Resume(), "resumed"),
            "stop" => Do(run => run.Stop(), "is being stopped"),
            "delete" => Do(run => run.Delete(), "deleted"),
            _ => Checkpoint,
        };
        return ClusterClient.Use(Gateway.EndPoints(parsed), ClusterId.Get(parsed)!, grains => action(parsed, grains)).GetAwaiter().GetResult();
    }

    private static string IdOf(ParseResult parsed) => RunIds.Check("RUN", parsed.GetValue(Id)!);

    /// <summary>Checks the command line before connecting to a cluster.</summary>
    /// <returns>The options of a new run; null when those of an earlier one are needed first.</returns>
    private static TrainingOptions? CheckSubmit(ParseResult parsed)
    {
        if (parsed.GetValue(RunId) is { } given)
        {
            RunIds.Check(RunId.Name, given);
        }

        if (parsed.GetValue(ResumeFrom) is { Length: 0 })
        {
            throw new InvalidOptionException($"{ResumeFrom.Name}: is empty, expected the id of a run or a folder");
        }

        // Its environments are those of the silos; an assembly that cannot be loaded here is a mistake all the same.
        Training.Registry(parsed);
        if (parsed.GetValue(ResumeFrom) is not null)
        {
            return null;
        }

        TrainingOptions options = Training.Effective(parsed);
        OptionValidator.Validate(options);
        Training.WarnOfOtherEnvironments(parsed, options);
        return options;
    }

    private static async Task<int> Submit(ParseResult parsed, IGrainFactory grains, TrainingOptions? newOptions)
    {
        string? resumeFrom = parsed.GetValue(ResumeFrom);
        TrainingOptions options = newOptions ?? Training.Effective(parsed, await OptionsOf(parsed, grains, resumeFrom!));
        OptionValidator.Validate(options);
        string runId = parsed.GetValue(RunId) ?? RunNames.New(options);
        await grains.GetGrain<ITrainingRunGrain>(runId).Create(new RunSpecification
        {
            RunId = runId,
            OptionsJson = OptionBinder.ToJson(options).ToJsonString(),
            ActorsPerCore = parsed.GetValue(ActorsPerCore),
            SnapshotSeconds = parsed.GetValue(SnapshotSeconds),
            ResumeFrom = Directory.Exists(resumeFrom) ? Path.GetFullPath(resumeFrom) : resumeFrom,
        });
        bool watch = parsed.GetValue(Watch);
        bool json = parsed.GetValue(Json);
        if (!watch && json)
        {
            Console.Out.WriteLine(JsonSerializer.Serialize(new { RunId = runId }, CommonOptions.Json));
        }
        else
        {
            (json ? Console.Error : Console.Out).WriteLine($"run {runId} has been submitted");
        }

        return watch ? await WatchRun(parsed, grains, runId) : 0;
    }

    /// <summary>The options of the run to resume; null when they are on the command line, because only the learner's silo can read the folder.</summary>
    private static async Task<TrainingOptions?> OptionsOf(ParseResult parsed, IGrainFactory grains, string resumeFrom)
    {
        if (RunIds.IsValid(resumeFrom) && await grains.GetGrain<ITrainingRunGrain>(resumeFrom).GetSpecification() is { } earlier)
        {
            return RunPlans.Options(earlier);
        }

        if (Directory.Exists(resumeFrom))
        {
            return ResumeSource.Find(Path.GetFullPath(resumeFrom), dataFolder: "", CommonOptions.Warn).Checkpoint.Options;
        }

        return Training.AreGiven(parsed)
            ? null
            : throw new InvalidOptionException(
                $"{ResumeFrom.Name} {resumeFrom}: there is no such run on this cluster and no such folder here{await Nearest(grains, resumeFrom)} (krewe list shows the runs; a folder that only the learner's silo has needs ENV too)");
    }

    private static async Task<string> Nearest(IGrainFactory grains, string runId) =>
        NearestName.Suggestion(runId, await grains.GetGrain<IRunIndexGrain>(0).List());

    private static async Task<int> ListRuns(ParseResult parsed, IGrainFactory grains)
    {
        IReadOnlyList<RunStatus> runs = await RunList.Fetch(grains);
        Console.Out.WriteLine(parsed.GetValue(Json) ? RunList.Json(runs) : RunList.Text(runs));
        return 0;
    }

    private static async Task<int> Status(ParseResult parsed, IGrainFactory grains)
    {
        RunStatus status = await Find(grains, IdOf(parsed));
        Console.Out.WriteLine(parsed.GetValue(Json) ? StatusJson.Of(status).ToJsonString(CommonOptions.Json) : StatusText.Of(status));
        return status.State == RunState.Failed ? 1 : 0;
    }

    private static async Task<int> WatchRun(ParseResult parsed, IGrainFactory grains, string runId)
    {
        RunSpecification specification = await grains.GetGrain<ITrainingRunGrain>(runId).GetSpecification() ?? throw await Unknown(grains, runId);
        using var signals = new InterruptSignals();
        bool json = parsed.GetValue(Json);
        TrainingResult? result = await Task.Run(() => WatchedRun.Show(grains, specification, json, signals.Token));
        if (result is null)
        {
            string gateway = parsed.GetValue(Gateway.Option) is { } given ? $" --gateway {given}" : "";
            Console.Error.WriteLine($"krewe: run {runId} continues; to watch it again: krewe watch {runId}{gateway}");
            return CommandLineHost.Interrupted;
        }

        if (json)
        {
            Console.Out.WriteLine(JsonSerializer.Serialize(TrainReport.From(result), CommonOptions.Json));
        }

        return 0;
    }

    private static async Task<int> Checkpoint(ParseResult parsed, IGrainFactory grains)
    {
        Console.Out.WriteLine(await grains.GetGrain<ITrainingRunGrain>(IdOf(parsed)).Checkpoint());
        return 0;
    }

    private static Func<ParseResult, IGrainFactory, Task<int>> Do(Func<ITrainingRunGrain, Task> action, string done) => async (parsed, grains) =>
    {
        string runId = IdOf(parsed);
        await action(grains.GetGrain<ITrainingRunGrain>(runId));
        Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"run {runId} {done}"));
        return 0;
    };

    private static async Task<RunStatus> Find(IGrainFactory grains, string runId) =>
        await grains.GetGrain<ITrainingRunGrain>(runId).GetStatus() ?? throw await Unknown(grains, runId);

    // Throws when the cluster is unreachable: then there may be such a run.
    private static async Task<InvalidOptionException> Unknown(IGrainFactory grains, string runId) =>
        new($"run {runId}: there is no such run on this cluster{await Nearest(grains, runId)} (krewe list shows its runs)");
}
