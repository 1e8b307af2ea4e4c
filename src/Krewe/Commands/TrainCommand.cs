using System.CommandLine;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Krewe.Contracts;
using Krewe.Environments;
using Krewe.Learner;
using Krewe.Runtime;

namespace Krewe.Cli;

/// <summary><c>krewe train</c>.</summary>
internal static class TrainCommand
{
    internal const string InProcess = "process";
    private const string OnGrains = "grains";

    private static readonly TrainArguments Arguments = new("krewe train", canResume: true);
    private static readonly Option<string> Host = new("--host")
    {
        Description = "process: threads of this process; grains: Orleans grains in this process, as on a cluster.",
        HelpName = "NAME",
        DefaultValueFactory = _ => InProcess,
    };

    private static readonly Option<string?> Out = new("--out") { Description = "Folder of the run; default runs/ENV-TIME-seedN.", HelpName = "DIR" };
    private static readonly Option<string?> Resume = new("--resume") { Description = "Folder of an earlier run to resume, with its options unless changed here.", HelpName = "DIR" };
    private static readonly Option<bool> Overwrite = new("--overwrite") { Description = "Replace an earlier run in the --out folder." };
    private static readonly Option<string?> Otlp = new("--otlp") { Description = "Export metrics and spans to an OpenTelemetry collector, for example http://127.0.0.1:4317.", HelpName = "ENDPOINT" };
    private static readonly Option<string> OtlpProtocol = new("--otlp-protocol")
    {
        Description = "Protocol of --otlp: grpc or http/protobuf.",
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
            "krewe train --resume runs/CartPole-v1-20260101-120000-seed0 --steps 200000",
            "krewe train CartPole-v1 --host grains");
        Arguments.AddTo(command);
        foreach (Option option in new Option[] { Host, Out, Resume, Overwrite, Otlp, OtlpProtocol, Json })
        {
            command.Options.Add(option);
        }

        command.SetAction(Run);
        return command;
    }

    /// <summary>Throws if there is no such host.</summary>
    /// <param name="host">The value of <c>--host</c>.</param>
    /// <exception cref="InvalidOptionException">There is none.</exception>
    internal static void CheckHost(string host)
    {
        if (host is not (InProcess or OnGrains))
        {
            throw new InvalidOptionException($"--host {host}: expected {InProcess} or {OnGrains}");
        }
    }

    private static int Run(ParseResult parsed)
    {
        string host = parsed.GetValue(Host)!;
        string? resumeDirectory = parsed.GetValue(Resume);
        CheckHost(host);

        if (resumeDirectory is not null && parsed.GetValue(Out) is not null)
        {
            throw new InvalidOptionException("--resume and --out: a resumed run continues in its own folder; give only one of them");
        }

        // First: options and checkpoints may be those of a user's agent.
        EnvironmentRegistry registry = Arguments.Registry(parsed);
        using RunFolder? resumed = resumeDirectory is null ? null : RunFolder.Open(resumeDirectory);
        Checkpoint? checkpoint = null;
        string? checkpointPath = null;
        if (resumed is not null)
        {
            (checkpoint, checkpointPath) = CheckpointFolder.ReadOrPrevious(resumed.Last, CommonOptions.Warn);
        }

        TrainingOptions options = Arguments.Effective(parsed, checkpoint?.Options);
        using OtlpExport? export = OtlpExport.Start(parsed.GetValue(Otlp), parsed.GetValue(OtlpProtocol)!);
        if (checkpoint is not null)
        {
            CommonOptions.CheckEnvironment(registry, options.Environment.Id, resumeDirectory!);
            Resuming.CheckUnfinished(options, checkpoint, resumeDirectory!);
        }

        // Everything is checked before the folder is created: a run that cannot start leaves nothing behind.
        RunPlan plan = RunPlan.Create(options, registry);
        Resuming.Check(plan, checkpoint, $"{Resume.Name} {resumeDirectory}");
        if (host == OnGrains)
        {
            CheckGrains(plan, resumed is null ? Out.Name : Resume.Name, resumed?.Path ?? parsed.GetValue(Out));
        }

        Arguments.WarnOfOtherEnvironments(parsed, options);

        // Before the folder and the session: an interrupt while they are created ends the command like one in training.
        using var signals = new InterruptSignals();
        using RunFolder folder = resumed ?? Folder(parsed, options);
        using TrainingSession? session = host == OnGrains ? null : Session(options, registry, folder, checkpoint, checkpointPath);
        if (checkpoint is not null && plan.Feed == FeedKind.Transitions && (host == OnGrains || !checkpoint.HasReplay))
        {
            Console.Error.WriteLine(host == OnGrains
                ? $"krewe: replay starts empty, as always with --host {OnGrains}: updates start again at replay.min_size"
                : "krewe: replay starts empty, because the checkpoint holds none: updates start again at replay.min_size (--set run.save_replay=true keeps it)");
        }

        bool json = parsed.GetValue(Json);
        string[] resume = ["krewe", "train", Resume.Name, Shown(folder), .. host == InProcess ? [] : new[] { Host.Name, host }, .. Arguments.Assemblies(parsed).SelectMany(path => new[] { "--assembly", path })];
        TrainingResult result;
        try
        {
            result = session is null
                ? TrainOnGrains(parsed, plan, registry, folder.Path, isResumed: resumed is not null, signals.Token)
                : Train(session, export, json, signals.Token);
        }
        catch (OperationCanceledException) when (signals.Token.IsCancellationRequested)
        {
            // On grains, before a learner has begun, or while the silo stopped.
            Console.Error.WriteLine(CheckpointFolder.TryReadSummary(folder.Last) is { } last && last.EnvironmentSteps > (checkpoint?.EnvironmentSteps ?? -1)
                ? $"krewe: interrupted; {Next(options, last.EnvironmentSteps, last.IsSolved, folder, resume)}"
                : $"krewe: {options.Environment.Id}: interrupted before the training began: nothing was trained, {(resumed is null
                    ? $"and no run is left in {Shown(folder)}; to train, run the command again"
                    : $"and {Shown(folder)} is unchanged; to resume: {string.Join(' ', resume.Select(Quoted))}")}");
            return CommandLineHost.Interrupted;
        }
        catch (Exception e) when (e is not (InvalidOptionException or OperationCanceledException or OutputFaultException))
        {
            // On grains, the failure of an actor does not reach the folder by itself.
            folder.WriteFailure(e.Message);
            e.Data[CommandLineHost.Advice] = CheckpointFolder.TryReadSummary(folder.Last) is { } last
                ? string.Create(CultureInfo.InvariantCulture, $"the run failed; its last checkpoint is at {last.EnvironmentSteps:N0} steps; {Next(options, last.EnvironmentSteps, last.IsSolved, folder, resume)}")
                : CheckpointFolder.Exists(folder.Best) ? $"the run failed before its first checkpoint to resume from; to evaluate its best network: krewe evaluate {Quoted(Shown(folder))}"
                : "the run failed before its first checkpoint: there is nothing to resume";
            throw;
        }

        if (result.Updates == (checkpoint?.Updates ?? 0))
        {
            CommonOptions.Warn(string.Create(
                CultureInfo.InvariantCulture,
                $"0 updates in {result.EnvironmentSteps - (checkpoint?.EnvironmentSteps ?? 0)} steps: learning starts when replay holds replay.min_size = {options.Replay.MinSize} transitions; raise --steps, or lower replay.min_size"));
        }

        if (json)
        {
            Console.Out.WriteLine(JsonSerializer.Serialize(TrainReport.From(result), CommonOptions.Json));
        }

        if (!result.Interrupted)
        {
            return 0;
        }

        bool isSolved = result.SolvedAtStep is not null;
        string when = options.Run.IsDone(result.EnvironmentSteps, isSolved) ? " during the final evaluation, after the training" : "";
        Console.Error.WriteLine($"krewe: interrupted{when}; {Next(options, result.EnvironmentSteps, isSolved, folder, resume)}");
        return CommandLineHost.Interrupted;
    }

    private static RunFolder Folder(ParseResult parsed, TrainingOptions options) => parsed.GetValue(Out) is { } path
        ? RunFolder.Create(path, parsed.GetValue(Overwrite))
        : RunFolder.CreateNamed("runs", RunNames.New(options));

    /// <summary>What can be done with a run that ended early: a run whose training is done can only be evaluated.</summary>
    private static string Next(TrainingOptions options, long steps, bool isSolved, RunFolder folder, string[] resume) => options.Run.IsDone(steps, isSolved)
        ? $"to evaluate: krewe evaluate {Quoted(Shown(folder))}"
        : $"to resume: {string.Join(' ', resume.Select(Quoted))}";

    // Quoted for POSIX shells.
    private static string Shown(RunFolder folder)
    {
        string path = Path.GetRelativePath(Directory.GetCurrentDirectory(), folder.Path);
        return path.StartsWith("..", StringComparison.Ordinal) ? folder.Path : path;
    }

    private static string Quoted(string word) =>
        word.All(c => char.IsAsciiLetterOrDigit(c) || c is '/' or '.' or '-' or '_' or '\\' or ':')
            ? word
            : $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'";

    private static TrainingSession Session(
        TrainingOptions options, EnvironmentRegistry registry, RunFolder folder, Checkpoint? checkpoint, string? checkpointPath) =>
        new(options, registry, folder, checkpoint, checkpointPath, options.Learner.Backend == BackendKind.Torch ? TorchBackend.Create : null);

    private static TrainingResult Train(TrainingSession session, OtlpExport? export, bool json, CancellationToken cancellationToken)
    {
        // The export collects the metrics once more when it ends, so it must end before the session, which owns the metrics.
        using (export)
        {
            return TrainView.Show(session, json, cancellationToken);
        }
    }

    // In separate methods: the assemblies that they use are loaded on the first call.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void CheckGrains(RunPlan plan, string option, string? path) => GrainsHost.Check(plan, option, path);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static TrainingResult TrainOnGrains(
        ParseResult parsed, RunPlan plan, EnvironmentRegistry registry, string path, bool isResumed, CancellationToken cancellationToken) => GrainsHost.Train(
            plan,
            registry,
            path,
            isResumed,
            parsed.GetValue<bool>(CommandLineHost.VerboseName),
            run => TrainView.Show(run, parsed.GetValue(Json), cancellationToken),
            cancellationToken);
}
