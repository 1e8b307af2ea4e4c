using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Krewe.Contracts;
using Krewe.Contracts.Options;
using Krewe.Environments;
using Krewe.Hosting;
using Krewe.Hosting.Cli;
using Krewe.Learner.Checkpoints;

namespace Krewe.Cli;

/// <summary><c>krewe train</c>.</summary>
internal static class TrainCommand
{
    private static readonly TrainArguments Arguments = new("krewe train", canResume: true);
    private static readonly Option<string?> Out = new("--out") { Description = "Folder of the run; default runs/ENV/TIME-seedN.", HelpName = "DIR" };
    private static readonly Option<string?> Resume = new("--resume") { Description = "Folder of an earlier run to go on with, with its options unless changed here.", HelpName = "DIR" };
    private static readonly Option<bool> Overwrite = new("--overwrite") { Description = "Replace an earlier run in the --out folder." };
    private static readonly Option<string?> Otlp = new("--otlp") { Description = "Export metrics and spans to an OpenTelemetry collector, for example http://127.0.0.1:4317.", HelpName = "ENDPOINT" };
    private static readonly Option<string> OtlpProtocol = new("--otlp-protocol")
    {
        Description = "grpc or http/protobuf.",
        HelpName = "PROTOCOL",
        DefaultValueFactory = _ => "grpc",
    };

    private static readonly Option<bool> Json = CommonOptions.JsonFlag();

    public static Command Build()
    {
        var command = new ExampleCommand(
            "train",
            "Trains a Q-network on an environment.",
            "krewe train CartPole-v1",
            "krewe train FrozenLake-v1 --set environment.kwargs.is_slippery=false --seed 3",
            "krewe train MyEnv-v0 --assembly bin/MyEnv.dll --steps 200000",
            "krewe train --resume runs/CartPole-v1/20260101-120000-seed0 --steps 200000");
        Arguments.AddTo(command);
        foreach (Option option in new Option[] { Out, Resume, Overwrite, Otlp, OtlpProtocol, Json })
        {
            command.Options.Add(option);
        }

        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parsed)
    {
        string? resumeDirectory = parsed.GetValue(Resume);
        if (resumeDirectory is not null && parsed.GetValue(Out) is not null)
        {
            throw new InvalidOptionException("--resume and --out: a resumed run goes on in its own folder, expected only one of them");
        }

        RunFolder? resumed = resumeDirectory is null ? null : RunFolder.Open(resumeDirectory);
        Checkpoint? checkpoint = null;
        string? checkpointPath = null;
        if (resumed is not null)
        {
            (checkpoint, checkpointPath) = CheckpointFolder.ReadOrPrevious(resumed.Last, message => Console.Error.WriteLine($"krewe: warning: {message}"));
        }

        TrainingOptions options = Arguments.Effective(parsed, checkpoint?.Options);
        using OtlpExport? export = OtlpExport.Start(parsed.GetValue(Otlp), parsed.GetValue(OtlpProtocol)!);
        EnvironmentRegistry registry = Arguments.Registry(parsed);

        // Everything is checked before the folder is made: a run that cannot start leaves nothing behind.
        registry.GetSpec(options.Environment.Id, options.Environment.Kwargs);
        OptionValidator.Validate(options);
        string path = parsed.GetValue(Out) ?? DefaultPath(options);
        RunFolder folder = resumed ?? RunFolder.Create(path, parsed.GetValue(Overwrite));
        using TrainingSession session = Prepare(options, registry, folder, checkpoint, checkpointPath);
        using var signals = new InterruptSignals();
        bool json = parsed.GetValue(Json);
        TrainingResult result;

        // The export collects a last time when it ends: before the session, whose metrics end with it.
        using (export)
        {
            result = TrainView.Show(session, json, signals.Token);
        }

        if (json)
        {
            Console.Out.WriteLine(JsonSerializer.Serialize(TrainReport.From(result), CommonOptions.Json));
        }

        return result.Interrupted ? CommandLineHost.Interrupted : 0;
    }

    private static TrainingSession Prepare(
        TrainingOptions options, EnvironmentRegistry registry, RunFolder folder, Checkpoint? checkpoint, string? checkpointPath)
    {
        try
        {
            return new TrainingSession(options, registry, folder, checkpoint, checkpointPath);
        }
        catch
        {
            // What cannot start leaves nothing behind.
            folder.RemoveIfEmpty();
            throw;
        }
    }

    private static string DefaultPath(TrainingOptions options) => Path.Combine(
        "runs",
        string.Join('_', options.Environment.Id.Split(Path.GetInvalidFileNameChars())),
        string.Create(CultureInfo.InvariantCulture, $"{DateTime.Now:yyyyMMdd-HHmmss}-seed{options.Run.Seed}"));
}
