using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Krewe.Contracts;
using Krewe.Runtime;

namespace Krewe.Cli;

/// <summary><c>krewe inspect</c>.</summary>
internal static class InspectCommand
{
    private static readonly Argument<string> CheckpointArgument = new("CHECKPOINT") { Description = "Folder of a checkpoint, its weights.safetensors, or folder of a run (its best checkpoint)." };
    private static readonly Option<bool> Json = CommonOptions.JsonFlag();
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    public static Command Build()
    {
        var command = new ExampleCommand(
            "inspect",
            "Shows a checkpoint's counters, sizes and options.",
            "krewe inspect runs/CartPole-v1-20260101-120000-seed0/last")
        {
            CheckpointArgument, Json,
        };
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parsed)
    {
        (Checkpoint checkpoint, string path) = RunFolder.ReadCheckpoint(parsed.GetValue(CheckpointArgument)!, CommonOptions.Warn);
        var files = Directory.GetFiles(path).Order(StringComparer.Ordinal).ToDictionary(file => Path.GetFileName(file), file => new FileInfo(file).Length);
        if (parsed.GetValue(Json))
        {
            Console.Out.WriteLine(JsonSerializer.Serialize(
                new
                {
                    Checkpoint = Path.GetFullPath(path),
                    Env = checkpoint.Options.Environment.Id,
                    Network = checkpoint.Network.Spec.ToString(),
                    Parameters = checkpoint.Network.Spec.ParameterCount,
                    EnvSteps = checkpoint.EnvironmentSteps,
                    checkpoint.Updates,
                    checkpoint.Episodes,
                    checkpoint.PolicyVersion,
                    checkpoint.Network.OptimizerSteps,
                    WallS = checkpoint.WallSeconds,
                    EvalMean = checkpoint.EvaluationMean,
                    checkpoint.BestMean,
                    SolvedAtS = checkpoint.Solved?.Seconds,
                    SolvedAtStep = checkpoint.Solved?.Step,
                    Files = files,
                    Options = OptionBinder.ToJson(checkpoint.Options),
                    checkpoint.KreweVersion,
                },
                CommonOptions.Json));
            return 0;
        }

        Row("checkpoint", path);
        Row("written by", $"krewe {checkpoint.KreweVersion}");
        Row("environment", checkpoint.Options.Environment.Id);
        Row("network", string.Create(CultureInfo.InvariantCulture, $"{checkpoint.Network.Spec} ({checkpoint.Network.Spec.ParameterCount:N0} parameters)"));
        Row("environment steps", Number(checkpoint.EnvironmentSteps));
        Row("updates", Number(checkpoint.Updates));
        Row("episodes", Number(checkpoint.Episodes));
        Row("policy version", PolicyVersions.Describe(checkpoint.PolicyVersion));
        Row(
            "trained for",
            checkpoint.Options.Run.Deterministic ? "not recorded in a deterministic run" : string.Create(CultureInfo.InvariantCulture, $"{checkpoint.WallSeconds:F2} s"));
        Row("evaluation", checkpoint.EvaluationMean?.ToString("F2", CultureInfo.InvariantCulture) ?? "none of this network");
        Row("best so far", checkpoint.BestMean?.ToString("F2", CultureInfo.InvariantCulture) ?? "none");
        foreach ((string file, long bytes) in files)
        {
            Row(file, $"{Number(bytes)} bytes");
        }

        Console.Out.WriteLine(OptionBinder.ToJson(checkpoint.Options).ToJsonString(Indented));
        return 0;
    }

    private static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    private static void Row(string name, string value) => Console.Out.WriteLine($"{name,-20} {value}");
}
