using System.CommandLine;
using Krewe.Cluster.Bench;
using Krewe.Cluster.Cli;
using Krewe.Cluster.Silos;
using Krewe.Hosting.Cli;

NativeHeap.KeepSmall();
if (args is [BenchCommand.ChildName, .. var child])
{
    await BenchCluster.Serve(child);
    return 0;
}

var root = new RootCommand("Trains deep Q-networks on a cluster of silos.")
{
    TrainCommand.Build(),
    ServeCommand.Build(),
    DoctorCommand.Build(),
    BenchCommand.Build(),
};
foreach (Command command in RunCommands.Build())
{
    root.Subcommands.Add(command);
}

ExampleCommand.AddExamplesToHelp(root, "krewe-silo train CartPole-v1");
return CommandLineHost.Run(root, "krewe-silo", args);
