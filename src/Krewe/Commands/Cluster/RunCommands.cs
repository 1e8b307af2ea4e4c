using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Krewe.Cluster;
using Krewe.Contracts;
using Krewe.Contracts.Grains;
using Krewe.Environments;
using Krewe.Runtime;

namespace Krewe.Cli;

/// <summary><c>krewe submit</c> and what can be done with a run afterwards: all that a client does.</summary>
internal static class RunCommands
{
    private static readonly HostOption Gateway = new("--gateway", "Gateway of any silo of the cluster", "HOST:PORT", "127.0.0.1:30000");
    private static readonly HostOption ClusterId = new("--cluster-id", "Name of the cluster", "NAME", "krewe");
    private static readonly Option<string?> RunId = new("--run-id") { Description = "Id of the run; default ENV-TIME-seedN.", HelpName = "ID" };
    private static readonly Option<double> ActorsPerCore = new("--actors-per-core") { Description = "So many actors for each core of the actor silos, as they join and leave; default actor.count actors.", HelpName = "N" };
    private static readonly Option<double> SnapshotSeconds = new("--snapshot-seconds") { Description = "Seconds between two snapshots of each shard into the data folder; default none.", HelpName = "N" };
    private static readonly Option<bool> Watch = new("--watch") { Description = "Stay and watch the run." };
    private static readonly Option<bool> Json = CommonOptions.JsonFlag();
    private static readonly Argument<string> Id = new("RUN") { Description = "Id of the run." };
    private static readonly TrainArguments Training = new("krewe submit");

    public static IEnumerable<Command> Build()
    {
        var submit = new ExampleCommand(
            "submit",
            "Starts a run on a cluster.",
            "krewe submit CartPole-v1 --gateway 10.0.0.7:30000 --watch",
            "krewe submit MyEnv-v0 --assembly bin/MyEnv.dll --actors-per-core 2");
        Training.AddTo(submit);
        Add(submit, RunId, ActorsPerCore, SnapshotSeconds, Watch, Json);
        submit.SetAction(parsed => Connected(parsed, Submit));
        yield return submit;
        yield return Make("status", "Says where a run stands.", Status, Json);
        yield return Make("watch", "Watches a run until it ends.", (parsed, grains) => WatchRun(parsed, grains, parsed.GetValue(Id)!), Json);
        yield return Make("pause", "Lets a run stand still.", Do(run => run.Pause(), "paused"));
        yield return Make("resume", "Lets a paused run go on.", Do(run => run.Resume(), "goes on"));
        yield return Make("stop", "Ends a run with a last checkpoint.", Do(run => run.Stop(), "is being stopped"));
        yield return Make("checkpoint", "Writes a checkpoint of a run.", Checkpoint);
    }

    private static ExampleCommand Make(string name, string description, Func<ParseResult, IGrainFactory, Task<int>> action, params Option[] options)
    {
        var command = new ExampleCommand(name, description, $"krewe {name} CartPole-v1-20260101-120000-seed0 --gateway 10.0.0.7:30000");
        command.Arguments.Add(Id);
        Add(command, options);
        command.SetAction(parsed => Connected(parsed, action));
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

    private static int Connected(ParseResult parsed, Func<ParseResult, IGrainFactory, Task<int>> action) =>
        ClusterClient.Use(Gateway.EndPoint(parsed), ClusterId.Get(parsed).Text!, grains => action(parsed, grains)).GetAwaiter().GetResult();

    private static async Task<int> Submit(ParseResult parsed, IGrainFactory grains)
    {
        TrainingOptions options = Training.Effective(parsed);
        OptionValidator.Validate(options);
        string runId = parsed.GetValue(RunId) ?? RunNames.New(options);
        await grains.GetGrain<ITrainingRunGrain>(runId).Create(new RunSpecification
        {
            RunId = runId,
            OptionsJson = OptionBinder.ToJson(options).ToJsonString(),
            ActorsPerCore = parsed.GetValue(ActorsPerCore),
            SnapshotSeconds = parsed.GetValue(SnapshotSeconds),
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

    private static async Task<int> Status(ParseResult parsed, IGrainFactory grains)
    {
        RunStatus status = await Find(grains, parsed.GetValue(Id)!);
        Console.Out.WriteLine(parsed.GetValue(Json) ? JsonSerializer.Serialize(status, CommonOptions.Json) : StatusText.Of(status));
        return status.State == RunState.Failed ? 1 : 0;
    }

    private static async Task<int> WatchRun(ParseResult parsed, IGrainFactory grains, string runId)
    {
        RunStatus status = await Find(grains, runId);
        RunSpecification specification = (await grains.GetGrain<ITrainingRunGrain>(runId).GetSpecification())!;
        EnvironmentRegistry registry = Training.Registry(parsed);
        RunPlan plan = RunPlans.Make(specification, registry);
        using var signals = new InterruptSignals();
        var run = new WatchedRun(grains, plan, status.RunId);
        bool json = parsed.GetValue(Json);
        TrainingResult? result = await Task.Run(() => run.Show(json, signals.Token));
        if (result is null)
        {
            Console.Error.WriteLine($"krewe: watching ended, run {runId} goes on");
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
        Console.Out.WriteLine(await grains.GetGrain<ITrainingRunGrain>(parsed.GetValue(Id)!).Checkpoint());
        return 0;
    }

    private static Func<ParseResult, IGrainFactory, Task<int>> Do(Func<ITrainingRunGrain, Task> action, string done) => async (parsed, grains) =>
    {
        string runId = parsed.GetValue(Id)!;
        await action(grains.GetGrain<ITrainingRunGrain>(runId));
        Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"run {runId} {done}"));
        return 0;
    };

    private static async Task<RunStatus> Find(IGrainFactory grains, string runId) =>
        await grains.GetGrain<ITrainingRunGrain>(runId).GetStatus() ?? throw new InvalidOptionException($"run {runId}: there is no such run on this cluster");
}
