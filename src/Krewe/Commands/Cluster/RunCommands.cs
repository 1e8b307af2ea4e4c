using System.CommandLine;
using System.Runtime.CompilerServices;

namespace Krewe.Cli;

/// <summary>
/// <c>krewe submit</c> and the commands for existing runs, with their options. <see cref="RunActions"/> implements them; its assemblies are
/// loaded only when a cluster command runs.
/// </summary>
internal static class RunCommands
{
    public static readonly HostOption Gateway = new(
        "--gateway", "Gateways of the cluster's silos, separated by commas; one that is reachable is enough", "HOST:PORT,...", "127.0.0.1:30000");
    public static readonly HostOption ClusterId = new("--cluster-id", "Name of the cluster", "NAME", "krewe");
    public static readonly Option<string?> RunId = new("--run-id") { Description = "Id of the run; default ENV-TIME-seedN.", HelpName = "ID" };
    public static readonly Option<double> ActorsPerCore = CommonOptions.Number("--actors-per-core", "Actors per core of the actor silos, so that their number follows the silos; 0: actor.count actors in total.", 0.0, 0, 1000);
    public static readonly Option<double> SnapshotSeconds = CommonOptions.Number("--snapshot-seconds", "Seconds between snapshots of each shard into the data folder, at least 1; 0: none.", 0.0, 0, 86_400);
    public static readonly Option<bool> Watch = new("--watch") { Description = "Watch the run after submitting it." };
    public static readonly Option<bool> Json = CommonOptions.JsonFlag();
    public static readonly Argument<string> Id = new("RUN") { Description = "Id of the run." };
    public static readonly Option<string?> ResumeFrom = new("--resume")
    {
        Description = "Start from the last checkpoint of an earlier run (its id), or from the folder of a run or checkpoint on the learner silo; with that run's options unless changed here. Its steps count towards run.steps.",
        HelpName = "RUN|DIR",
    };

    public static readonly TrainArguments Training = new("krewe submit", canResume: true);

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
        submit.SetAction(parsed => Act("submit", parsed));
        yield return submit;
        var list = new ExampleCommand("list", "Lists the runs of a cluster.", "krewe list --gateway 10.0.0.7:30000");
        Add(list, Json);
        list.SetAction(parsed => Act("list", parsed));
        yield return list;
        yield return Make("status", "Shows a run's status.", Json);
        yield return Make("watch", "Watches a run until it ends; Ctrl-C stops watching and leaves the run running.", Json);
        yield return Make("pause", "Pauses a run.");
        yield return Make("resume", "Resumes a paused run.");
        yield return Make("stop", "Stops a run with a last checkpoint (krewe submit --resume RUN starts another from it).");
        yield return Make("delete", "Deletes the record of a run that has ended; its folder is kept.");
        yield return Make("checkpoint", "Writes a checkpoint of a run.");
    }

    private static ExampleCommand Make(string name, string description, params Option[] options)
    {
        var command = new ExampleCommand(name, description, $"krewe {name} CartPole-v1-20260101-120000-seed0 --gateway 10.0.0.7:30000");
        command.Arguments.Add(Id);
        Add(command, options);
        command.SetAction(parsed => Act(name, parsed));
        return command;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int Act(string command, ParseResult parsed) => RunActions.Run(command, parsed);

    private static void Add(Command command, params Option[] options)
    {
        command.Options.Add(Gateway.Option);
        command.Options.Add(ClusterId.Option);
        foreach (Option option in options)
        {
            command.Options.Add(option);
        }
    }
}
