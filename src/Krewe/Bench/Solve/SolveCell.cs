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

    /// <summary>The version of Krewe that trained.</summary>
    public required string Version { get; init; }

    /// <summary>Episodes of each evaluation after the training.</summary>
    public required int Episodes { get; init; }

    /// <summary>Environment steps of the training.</summary>
    public required long Steps { get; init; }

    /// <summary>Seconds of training.</summary>
    public required double WallSeconds { get; init; }

    /// <summary>Seconds of training until the environment was solved; null if it was not.</summary>
    public required double? SolvedAtSeconds { get; init; }

    /// <summary>Environment steps until then.</summary>
    public required long? SolvedAtStep { get; init; }

    /// <summary>Evaluations after the first at or above the reward threshold.</summary>
    public required int AfterSolved { get; init; }

    /// <summary>How many of them are at or above it too.</summary>
    public required int StayedSolved { get; init; }

    /// <summary>Mean return of the last network.</summary>
    public required double Last { get; init; }

    /// <summary>Mean return of the best network.</summary>
    public required double Best { get; init; }

    /// <summary>Trains in a new process, as a user would, and evaluates the networks that are left.</summary>
    /// <param name="arguments">The arguments of <c>krewe train</c> that choose the options.</param>
    /// <param name="options">The options that they choose, as JSON.</param>
    /// <param name="seed">The seed of the training, and of the episodes that it is judged by.</param>
    /// <param name="episodes">How many those are.</param>
    /// <param name="folder">The folder of the run; replaced if it exists.</param>
    /// <exception cref="Contracts.KreweException">The training or an evaluation failed.</exception>
    public static SolveCell Measure(IReadOnlyList<string> arguments, string options, string seed, int episodes, string folder)
    {
        JsonElement result = Run(["train", .. arguments, "--seed", seed, "--json", "--out", folder, "--overwrite"]);
        double[] curve = [.. File.ReadLines(Path.Combine(folder, "evaluations.jsonl"))
            .Select(line => JsonSerializer.Deserialize<JsonElement>(line).GetProperty("result").GetProperty("mean").GetDouble())];
        double threshold = EnvironmentThreshold(result.GetProperty("env").GetString()!);
        double[] after = [.. curve.SkipWhile(mean => mean < threshold).Skip(1)];
        return new SolveCell
        {
            Options = options,
            Version = KreweVersion.Current,
            Episodes = episodes,
            Steps = result.GetProperty("env_steps").GetInt64(),
            WallSeconds = result.GetProperty("wall_s").GetDouble(),
            SolvedAtSeconds = Optional("solved_at_s")?.GetDouble(),
            SolvedAtStep = Optional("solved_at_step")?.GetInt64(),
            AfterSolved = after.Length,
            StayedSolved = after.Count(mean => mean >= threshold),
            Last = Evaluate("last"),
            Best = Evaluate("best"),
        };

        JsonElement? Optional(string name) => result.GetProperty(name) is { ValueKind: not JsonValueKind.Null } value ? value : null;

        // Other episodes than those of the training's own evaluations, by which the best network was selected.
        double Evaluate(string checkpoint) => Run(
            ["evaluate", Path.Combine(folder, checkpoint), "--seed", seed, "--episodes", episodes.ToString(CultureInfo.InvariantCulture), "--json"]).GetProperty("eval_mean").GetDouble();
    }

    private static double EnvironmentThreshold(string id) => EnvironmentRegistry.CreateDefault().GetSpec(id).RewardThreshold ?? double.PositiveInfinity;

    private static JsonElement Run(IReadOnlyList<string> arguments) => JsonSerializer.Deserialize<JsonElement>(ThisProgram.Run(arguments).TrimEnd().Split('\n')[^1]);
}
