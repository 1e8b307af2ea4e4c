using System.CommandLine;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Krewe.Cluster.Learning;
using Krewe.Cluster.Silos;
using Krewe.Contracts.Grains;
using Krewe.Contracts.Options;
using Krewe.Environments;
using Krewe.Hosting;
using Krewe.Hosting.Cli;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Krewe.Cluster.Cli;

/// <summary><c>krewe-silo train</c>: a whole cluster in one process, for one run.</summary>
internal static class TrainCommand
{
    private static readonly TrainArguments Training = new("krewe-silo train");
    private static readonly Option<string?> Out = new("--out") { Description = "Folder of the run; default runs/ENV-TIME-seedN.", HelpName = "DIR" };
    private static readonly Option<bool> Overwrite = new("--overwrite") { Description = "Replace an earlier run in the --out folder." };
    private static readonly Option<bool> Json = CommonOptions.JsonFlag();

    public static Command Build()
    {
        var command = new ExampleCommand(
            "train",
            "Trains on grains, all roles in this process: what a cluster does, to try it.",
            "krewe-silo train CartPole-v1",
            "krewe-silo train FrozenLake-v1 --actors 4 --set replay.shards=2");
        Training.AddTo(command);
        command.Options.Add(Out);
        command.Options.Add(Overwrite);
        command.Options.Add(Json);
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parsed)
    {
        TrainingOptions options = Training.Effective(parsed);
        EnvironmentRegistry registry = Training.Registry(parsed);
        RunPlan plan = RunPlan.Create(options, registry);
        LearnerNetworks.Check(options.Learner);
        string path = Path.GetFullPath(parsed.GetValue(Out) ?? Path.Combine("runs", RunNames.New(options)));
        RunFolder folder = RunFolder.Create(path, parsed.GetValue(Overwrite));
        try
        {
            bool json = parsed.GetValue(Json);
            TrainingResult result = Train(plan, registry, path, json).GetAwaiter().GetResult();
            if (json)
            {
                Console.Out.WriteLine(JsonSerializer.Serialize(TrainReport.From(result), CommonOptions.Json));
            }

            return result.Interrupted ? CommandLineHost.Interrupted : 0;
        }
        finally
        {
            folder.RemoveIfEmpty();
        }
    }

    private static async Task<TrainingResult> Train(RunPlan plan, EnvironmentRegistry registry, string path, bool json)
    {
        var settings = new SiloSettings
        {
            ClusterId = $"train-{System.Environment.ProcessId}",
            SiloPort = FreePort(),
            GatewayPort = FreePort(),
            DataFolder = Path.GetDirectoryName(path)!,
            Registry = registry,
            LogLevel = LogLevel.Warning,
        };
        var specification = new RunSpecification
        {
            RunId = Path.GetFileName(path),
            OptionsJson = OptionBinder.ToJson(plan.Options).ToJsonString(),
        };
        using var signals = new InterruptSignals();
        using IHost host = SiloHost.Build(settings);
        await SiloHost.Start(host, settings, signals.Token);
        try
        {
            var run = new ClusterTrainingRun(host.Services.GetRequiredService<IGrainFactory>(), plan, specification, specification.RunId);
            return await Task.Run(() => TrainView.Show(run, json, signals.Token));
        }
        finally
        {
            await host.StopAsync(CancellationToken.None);
        }
    }

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
