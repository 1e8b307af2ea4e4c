using System.Globalization;
using System.Text.Json;
using Krewe.Environments;
using Krewe.Runtime;

namespace Krewe.Cli;

/// <summary>One training of the solve suite: a preset with one seed.</summary>
internal sealed record SolveCell
{
    /// <summary>The effective options, as JSON.</summary>
    public required string Options { get; init; }

    /// <summary>The host of the training; null in results of versions that had one host.</summary>
    public string? Host { get; init; }

    /// <summary>Episodes of each evaluation after the training.</summary>
    public required int Episodes { get; init; }

    /// <summary>What the training reported.</summary>
    public required TrainReport Training { get; init; }

    /// <summary>Evaluations after the one that solved the environment: the first whose network reached the reward threshold in its second evaluation too.</summary>
    public required int AfterSolved { get; init; }

    /// <summary>How many of them are at or above it too.</summary>
    public required int StayedSolved { get; init; }

    /// <summary>Mean return of the last network.</summary>
    public required double Last { get; init; }

    /// <summary>Mean return of the best network.</summary>
    public required double Best { get; init; }

    /// <summary>Trains in a new process, as a user would, and evaluates the networks that are left.</summary>
    /// <param name="arguments">The arguments of <c>krewe train</c> that choose the options.</param>
    /// <param name="options">The options that they choose.</param>
    /// <param name="host">The host.</param>
    /// <param name="seed">The seed of the training, and of the episodes that it is judged by.</param>
    /// <param name="episodes">How many those are.</param>
    /// <param name="folder">The folder of the run; replaced if it exists.</param>
    /// <exception cref="Contracts.KreweException">The training or an evaluation failed.</exception>
    public static SolveCell Measure(IReadOnlyList<string> arguments, TrainingOptions options, string host, string seed, int episodes, string folder)
    {
        TrainReport training = Run<TrainReport>(["train", .. arguments, "--host", host, "--seed", seed, "--json", "--out", folder, "--overwrite"]);
        double threshold = EnvironmentRegistry.CreateDefault().GetSpec(options.Environment.Id, options.Environment.Kwargs).RewardThreshold ?? double.PositiveInfinity;
        double[] after = [.. File.ReadLines(Path.Combine(folder, "evaluations.jsonl"))
            .Select(line => JsonSerializer.Deserialize<EvaluationLine>(line, CommonOptions.Json)!)
            .SkipWhile(evaluation => !(evaluation.ConfirmedMean >= threshold))
            .Skip(1)
            .Select(evaluation => evaluation.Result.Mean)];
        return new SolveCell
        {
            Options = TextOf(options),
            Host = host,
            Episodes = episodes,
            Training = training,
            AfterSolved = after.Length,
            StayedSolved = after.Count(mean => mean >= threshold),
            Last = Evaluate("last"),
            Best = Evaluate("best"),
        };

        // Other episodes than those of the training's own evaluations, by which the best network was selected.
        double Evaluate(string checkpoint) => Run<JsonElement>(
            ["evaluate", Path.Combine(folder, checkpoint), "--seed", seed, "--episodes", episodes.ToString(CultureInfo.InvariantCulture), "--json"]).GetProperty("eval_mean").GetDouble();
    }

    /// <summary>Whether it is the result of the given options, of as many episodes, and of this version.</summary>
    /// <param name="options">The options.</param>
    /// <param name="host">The host.</param>
    /// <param name="episodes">The episodes.</param>
    public bool IsOf(TrainingOptions options, string host, int episodes) => Options == TextOf(options) && Host == host && Episodes == episodes && Training.Version == KreweVersion.Current;

    private sealed record EvaluationLine(EvaluationMean Result, double? ConfirmedMean);

    private sealed record EvaluationMean(double Mean);

    private static string TextOf(TrainingOptions options) => OptionBinder.ToJson(options).ToJsonString();

    private static T Run<T>(IReadOnlyList<string> arguments) => JsonSerializer.Deserialize<T>(ThisProgram.Run(arguments).TrimEnd().Split('\n')[^1], CommonOptions.Json)!;
}
