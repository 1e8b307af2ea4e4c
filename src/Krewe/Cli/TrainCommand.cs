using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Krewe.Contracts;
using Krewe.Contracts.Options;
using Krewe.Environments;
using Krewe.Learner.Checkpoints;

namespace Krewe.Cli;

/// <summary><c>krewe train</c>.</summary>
internal static class TrainCommand
{
    private static readonly Argument<string?> Env = new("ENV")
    {
        Description = "Id of the environment, for example CartPole-v1 (krewe envs lists them). Not needed with --resume.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private static readonly Option<string[]> PresetNames = new("--preset")
    {
        Description = "A preset by name (krewe presets lists them) or a JSON file of options; several are laid over each other. Default: the environment's own preset, if it has one.",
        HelpName = "NAME|FILE",
    };

    private static readonly Option<string[]> Set = new("--set")
    {
        Description = "Sets one option, for example learner.batch_size=128 (krewe presets --options lists them).",
        HelpName = "KEY=VALUE",
    };

    private static readonly Option<long?> Seed = new("--seed") { Description = "Seed of everything random in the run (run.seed).", HelpName = "N" };
    private static readonly Option<long?> Steps = new("--steps") { Description = "Environment steps of the whole run (run.steps).", HelpName = "N" };
    private static readonly Option<int?> Actors = new("--actors") { Description = "Number of actors (actor.count).", HelpName = "N" };
    private static readonly Option<string?> Out = new("--out") { Description = "Folder of the run; default runs/ENV/TIME-seedN.", HelpName = "DIR" };
    private static readonly Option<string?> Resume = new("--resume") { Description = "Folder of an earlier run to go on with, with its options unless changed here.", HelpName = "DIR" };
    private static readonly Option<bool> Overwrite = new("--overwrite") { Description = "Replace an earlier run in the --out folder." };
    private static readonly Option<bool> Deterministic = new("--deterministic") { Description = "Actors and learner in lock step: the same seed gives the same checkpoint (run.deterministic)." };
    private static readonly Option<bool> UntilSolved = new("--until-solved") { Description = "End with the first evaluation at or above the reward threshold (run.until_solved)." };
    private static readonly Option<string?> Otlp = new("--otlp") { Description = "Export metrics and spans to an OpenTelemetry collector, for example http://127.0.0.1:4317.", HelpName = "ENDPOINT" };
    private static readonly Option<string> OtlpProtocol = new("--otlp-protocol")
    {
        Description = "grpc or http/protobuf.",
        HelpName = "PROTOCOL",
        DefaultValueFactory = _ => "grpc",
    };

    private static readonly Option<string[]> Assemblies = CommonOptions.Assemblies();
    private static readonly Option<bool> Json = CommonOptions.JsonFlag();

    public static Command Build()
    {
        var command = new ExampleCommand(
            "train",
            "Trains a Q-network on an environment.",
            "krewe train CartPole-v1",
            "krewe train FrozenLake-v1 --set environment.kwargs.is_slippery=false --seed 3",
            "krewe train MyEnv-v0 --assembly bin/MyEnv.dll --steps 200000",
            "krewe train --resume runs/CartPole-v1/20260101-120000-seed0 --steps 200000")
        {
            Env, PresetNames, Set, Seed, Steps, Actors, Out, Resume, Overwrite, Deterministic, UntilSolved, Assemblies, Otlp, OtlpProtocol, Json,
        };
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

        TrainingOptions options = Effective(parsed, checkpoint);
        using OtlpExport? export = OtlpExport.Start(parsed.GetValue(Otlp), parsed.GetValue(OtlpProtocol)!);
        var registry = CommonOptions.Registry(parsed.GetValue(Assemblies));

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

        return result.Interrupted ? CommandLineApp.Interrupted : 0;
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

    private static TrainingOptions Effective(ParseResult parsed, Checkpoint? checkpoint)
    {
        string? env = parsed.GetValue(Env);
        string[] presets = parsed.GetValue(PresetNames) ?? [];
        if (checkpoint is not null)
        {
            if (env is not null && env != checkpoint.Options.Environment.Id)
            {
                throw new InvalidOptionException($"--resume: the run trains {checkpoint.Options.Environment.Id}, not {env}");
            }

            env = checkpoint.Options.Environment.Id;
        }

        TrainingOptions options = checkpoint?.Options ?? Preset.LoadFor(env, presets);
        if (checkpoint is not null && presets.Length > 0)
        {
            throw new InvalidOptionException("--resume and --preset: a resumed run keeps its options, expected --set for what should change");
        }

        options.Environment.Id = env ?? options.Environment.Id;
        if (options.Environment.Id.Length == 0)
        {
            throw new InvalidOptionException("train: which environment? for example: krewe train CartPole-v1 (krewe envs lists them)");
        }

        foreach (string assignment in parsed.GetValue(Set) ?? [])
        {
            OptionBinder.ApplyAssignment(options, assignment);
        }

        Apply(options, "run.seed", Seed.Name, parsed.GetValue(Seed));
        Apply(options, "run.steps", Steps.Name, parsed.GetValue(Steps));
        Apply(options, "actor.count", Actors.Name, parsed.GetValue(Actors));
        options.Run.Deterministic |= parsed.GetValue(Deterministic);
        options.Run.UntilSolved |= parsed.GetValue(UntilSolved);
        return options;
    }

    private static void Apply(TrainingOptions options, string key, string source, long? value)
    {
        if (value is { } number)
        {
            OptionBinder.ApplyAssignment(options, string.Create(CultureInfo.InvariantCulture, $"{key}={number}"), source);
        }
    }

    private static string DefaultPath(TrainingOptions options) => Path.Combine(
        "runs",
        string.Join('_', options.Environment.Id.Split(Path.GetInvalidFileNameChars())),
        string.Create(CultureInfo.InvariantCulture, $"{DateTime.Now:yyyyMMdd-HHmmss}-seed{options.Run.Seed}"));
}
