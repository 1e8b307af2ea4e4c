using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Krewe.Actors;
using Krewe.Contracts;
using Krewe.Environments;
using Krewe.Networks;
using Krewe.Runtime;

namespace Krewe.Cli;

/// <summary><c>krewe evaluate</c>.</summary>
internal static class EvaluateCommand
{
    private static readonly Argument<string> CheckpointArgument = new("CHECKPOINT") { Description = "Folder of a checkpoint, its weights.safetensors, or folder of a run (its best checkpoint)." };
    private static readonly Option<int> Episodes = CommonOptions.Number("--episodes", "Number of episodes.", 100, 1, 1_000_000);
    private static readonly Option<long> Seed = CommonOptions.Number("--seed", "Seed of the episodes; two seeds share none.", 0L, 0, long.MaxValue);
    private static readonly Option<double> Epsilon = CommonOptions.Number("--epsilon", "Probability of a random action.", 0.0, 0, 1, "E");
    private static readonly Option<string[]> Assemblies = CommonOptions.Assemblies();
    private static readonly Option<bool> Json = CommonOptions.JsonFlag();

    public static Command Build()
    {
        var command = new ExampleCommand(
            "evaluate",
            "Plays episodes with the policy of a checkpoint.",
            "krewe evaluate runs/CartPole-v1-20260101-120000-seed0 --episodes 100 --seed 1")
        {
            CheckpointArgument, Episodes, Seed, Epsilon, Assemblies, Json,
        };
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parsed)
    {
        int episodes = parsed.GetValue(Episodes);
        double epsilon = parsed.GetValue(Epsilon);
        long seed = parsed.GetValue(Seed);
        EnvironmentRegistry registry = CommonOptions.Registry(parsed.GetValue(Assemblies));
        (Checkpoint checkpoint, string path) = RunFolder.ReadCheckpoint(parsed.GetValue(CheckpointArgument)!, CommonOptions.Warn);
        var options = checkpoint.Options.Environment;
        CommonOptions.CheckEnvironment(registry, options.Id, path);
        EnvironmentSpec spec = registry.GetSpec(options.Id, options.Kwargs);
        PolicySpec needed = RunPlan.PlanAgent(checkpoint.Options, spec).Policy;
        if (!needed.Equals(checkpoint.State.Policy))
        {
            throw new InvalidDataFormatException($"{path}: its policy is {checkpoint.State.Policy}, but {spec.Id} needs {needed}");
        }

        using var signals = new InterruptSignals();
        using Evaluator evaluator = Evaluators.Make(registry, checkpoint.Options, spec, needed, episodes);
        EvaluationResult result;
        using (var progress = new EpisodeProgress(episodes, Console.IsErrorRedirected ? TextWriter.Null : Console.Error, TimeProvider.System))
        {
            evaluator.EpisodesEnded = progress.Show;
            result = evaluator.Run(checkpoint.State.Parameters, episodes, epsilon, RandomStreams.DeriveSeed(seed, RandomStream.Test), signals.Token);
        }

        if (parsed.GetValue(Json))
        {
            Console.Out.WriteLine(JsonSerializer.Serialize(
                new
                {
                    Env = spec.Id,
                    Checkpoint = Path.GetFullPath(path),
                    result.Episodes,
                    Seed = seed,
                    Epsilon = epsilon,
                    EvalMean = result.Mean,
                    EvalStd = result.StandardDeviation,
                    EvalMin = result.Minimum,
                    EvalMax = result.Maximum,
                    EvalLength = result.MeanLength,
                    Version = KreweVersion.Current,
                },
                CommonOptions.Json));
        }
        else
        {
            Console.Out.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{spec.Id}: {result.Mean:F2} +/- {result.StandardDeviation:F2} over {result.Episodes} episodes (min {result.Minimum:G}, max {result.Maximum:G}, mean length {result.MeanLength:F1}), epsilon {epsilon:G}, seed {seed}"));
        }

        return 0;
    }
}
