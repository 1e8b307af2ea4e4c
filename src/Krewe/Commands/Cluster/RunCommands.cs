using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Krewe.Cluster;
using Krewe.Contracts;
using Krewe.Contracts.Grains;
using Krewe.Runtime;

namespace Krewe.Cli;

/// <summary><c>krewe submit</c> and what can be done with a run afterwards: all that a client does.</summary>
internal static class RunCommands
{
    private static readonly HostOption Gateway = new(
        "--gateway", "Gateway of any silo of the cluster, or several separated by commas: one that answers is enough", "HOST:PORT,...", "127.0.0.1:30000");
    private static readonly HostOption ClusterId = new("--cluster-id", "Name of the cluster", "NAME", "krewe");
    private static readonly Option<string?> RunId = new("--run-id") { Description = "Id of the run; default ENV-TIME-seedN.", HelpName = "ID" };
    private static readonly Option<double> ActorsPerCore = new("--actors-per-core") { Description = "So many actors for each core of the actor silos, as they join and leave; default actor.count actors.", HelpName = "N" };
    private static readonly Option<double> SnapshotSeconds = new("--snapshot-seconds") { Description = "Seconds between two snapshots of each shard into the data folder; default none.", HelpName = "N" };
    private static readonly Option<bool> Watch = new("--watch") { Description = "Stay and watch the run." };
    private static readonly Option<bool> Json = CommonOptions.JsonFlag();
    private static readonly Argument<string> Id = new("RUN") { Description = "Id of the run." };
    private static readonly Option<string?> ResumeFrom = new("--resume")
    {
        Description = "Begin from the last checkpoint of an earlier run (its id), or from the folder of a run or checkpoint as the learner silo sees it; with that run's options unless changed here. Its steps count towards run.steps.",
        HelpName = "RUN|DIR",
    };

    private static readonly TrainArguments Training = new("krewe submit", canResume: true);

    public static IEnumerable<Command> Build()
    {
        var submit = new ExampleCommand(
            "submit",
            "Starts a run on a cluster.",
            "krewe submit CartPole-v1 --gateway 10.0.0.7:30000 --watch",
            "krewe submit MyEnv-v0 --assembly bin/MyEnv.dll --actors-per-core 2",
            "krewe submit --resume CartPole-v1-20260101-120000-seed0 --steps 200000");
        Training.AddTo(submit);
        Add(submit, RunId, ResumeFrom, ActorsPerCore, SnapshotSeconds, Watch, Json);
        submit.SetAction(SubmitChecked);
        yield return submit;
        var list = new ExampleCommand("list", "Lists the runs of a cluster.", "krewe list --gateway 10.0.0.7:30000");
        Add(list, Json);
        list.SetAction(parsed => Connected(parsed, ListRuns));
        yield return list;
        yield return Make("status", "Shows a run's status.", Status, Json);
        yield return Make("watch", "Watches a run until it ends; Ctrl-C leaves and does not touch the run.", (parsed, grains) => WatchRun(parsed, grains, IdOf(parsed)), Json);
        yield return Make("pause", "Pauses a run.", Do(run => run.Pause(), "paused"));
        yield return Make("resume", "Resumes a paused run.", Do(run => run.Resume(), "resumed"));
        yield return Make("stop", "Stops a run for good, with a last checkpoint (krewe submit --resume RUN begins another from it).", Do(run => run.Stop(), "is being stopped"));
        yield return Make("delete", "Removes the record of a run that has ended; its folder stays.", Do(run => run.Delete(), "deleted"));
        yield return Make("checkpoint", "Writes a checkpoint of a run.", Checkpoint);
    }

    private static ExampleCommand Make(string name, string description, Func<ParseResult, IGrainFactory, Task<int>> action, params Option[] options)
    {
        var command = new ExampleCommand(name, description, $"krewe {name} CartPole-v1-20260101-120000-seed0 --gateway 10.0.0.7:30000");
        command.Arguments.Add(Id);
        Add(command, options);
        command.SetAction(parsed =>
        {
            // Before anything is connected to.
            IdOf(parsed);
            return Connected(parsed, action);
        });
        return command;
    }

    private static void Add(Command command, params Option[] options)
    {
        command.Options.Add(Gateway.Option);
        command.Options.Add(ClusterId.Option);
        foreach (Option option in options)
        {
            command.Options.Add(option);
        }
    }

    private static string IdOf(ParseResult parsed) => RunIds.Check("RUN", parsed.GetValue(Id)!);

    private static int Connected(ParseResult parsed, Func<ParseResult, IGrainFactory, Task<int>> action) =>
        ClusterClient.Use(Gateway.EndPoints(parsed), ClusterId.Get(parsed).Text!, grains => action(parsed, grains)).GetAwaiter().GetResult();

    private static int SubmitChecked(ParseResult parsed)
    {
        if (parsed.GetValue(RunId) is { } given)
        {
            RunIds.Check(RunId.Name, given);
        }

        if (parsed.GetValue(ResumeFrom) is { Length: 0 })
        {
            throw new InvalidOptionException($"{ResumeFrom.Name}: is empty, expected the id of a run or a folder");
        }

        return Connected(parsed, Submit);
    }

    private static async Task<int> Submit(ParseResult parsed, IGrainFactory grains)
    {
        string? resumeFrom = parsed.GetValue(ResumeFrom);
        TrainingOptions options = Training.Effective(parsed, resumeFrom is null ? null : await OptionsOf(grains, resumeFrom));
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

    /// <summary>The options of the run to go on from, where they can be had from here: its record, or its folder. Null leaves them to the command line.</summary>
    private static async Task<TrainingOptions?> OptionsOf(IGrainFactory grains, string resumeFrom)
    {
        if (RunIds.IsValid(resumeFrom) && await grains.GetGrain<ITrainingRunGrain>(resumeFrom).GetSpecification() is { } earlier)
        {
            return RunPlans.Options(earlier);
        }

        return Directory.Exists(resumeFrom)
            ? ResumeSource.Find(Path.GetFullPath(resumeFrom), dataFolder: "", message => Console.Error.WriteLine($"krewe: warning: {message}")).Checkpoint.Options
            : null;
    }

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
        RunSpecification specification = await grains.GetGrain<ITrainingRunGrain>(runId).GetSpecification() ?? throw Unknown(runId);
        using var signals = new InterruptSignals();
        bool json = parsed.GetValue(Json);
        TrainingResult? result = await Task.Run(() => WatchedRun.Show(grains, specification, json, signals.Token));
        if (result is null)
        {
            string gateway = parsed.GetValue(Gateway.Option) is { } given ? $" --gateway {given}" : "";
            Console.Error.WriteLine($"krewe: run {runId} goes on; to watch it again: krewe watch {runId}{gateway}");
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
        await grains.GetGrain<ITrainingRunGrain>(runId).GetStatus() ?? throw Unknown(runId);

    private static InvalidOptionException Unknown(string runId) => new($"run {runId}: there is no such run on this cluster (krewe list shows its runs)");
}
