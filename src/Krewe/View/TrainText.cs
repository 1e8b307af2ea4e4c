using System.Globalization;
using Krewe.Runtime;

namespace Krewe.Cli;

/// <summary>The lines that people read about a run where there is no live panel.</summary>
public static class TrainText
{
    /// <summary>What is trained, before it starts.</summary>
    /// <param name="run">The run.</param>
    public static string Describe(ITrainingRun run)
    {
        var options = run.Options;
        return Format(
            $"{run.Environment.Id}: {run.Environment.ObservationSpace} -> {run.Environment.ActionSpace}, seed {options.Run.Seed}, {options.Actor.Count} x {options.Actor.Environments} environments, {options.Run.Steps:N0} steps{(options.Run.Deterministic ? ", lock step" : "")}");
    }

    /// <summary>One evaluation.</summary>
    /// <param name="report">The evaluation.</param>
    /// <param name="progress">Where the run stands.</param>
    public static string Evaluation(EvaluationReport report, TrainingProgress progress) => Format(
        $"{report.Seconds,8:F2} s  {report.EnvironmentSteps,10:N0} steps  {report.Updates,9:N0} updates  epsilon {progress.Epsilon:F3}  return(100) {progress.MeanReturn ?? double.NaN,8:0.0##}  evaluation {report.Result.Mean,8:0.0##} +/- {report.Result.StandardDeviation:0.0##}{(report.IsBest ? "  best" : "")}");

    /// <summary>The last evaluation, for who knows only where the run stands: seconds, steps and updates are those of now.</summary>
    /// <param name="progress">Where the run stands.</param>
    /// <returns>The line; null before the first evaluation.</returns>
    public static string? Evaluation(TrainingProgress progress) => progress.LastEvaluation is { } result
        ? Evaluation(
            new EvaluationReport(progress.Elapsed.TotalSeconds, progress.EnvironmentSteps, progress.Updates, result, result.Mean >= progress.BestMean),
            progress)
        : null;

    /// <summary>What a run came to.</summary>
    /// <param name="result">What it came to.</param>
    /// <param name="threshold">Mean return at which the environment counts as solved; null for none.</param>
    public static string Summary(TrainingResult result, double? threshold)
    {
        string solved = (result.SolvedAtSeconds, threshold) switch
        {
            ({ } seconds, _) => Format($"solved (>= {threshold:G}) after {seconds:F2} s and {result.SolvedAtStep:N0} steps; "),
            (null, { } bound) => Format($"not solved (>= {bound:G}); "),
            _ => "",
        };
        string final = result.Final is { } evaluation
            ? Format($"best network: {evaluation.Mean:0.0##} +/- {evaluation.StandardDeviation:0.0##} over {evaluation.Episodes} greedy episodes; ")
            : result.Interrupted ? "interrupted; " : "";
        return Format(
            $"{result.EnvironmentSteps:N0} steps, {result.Updates:N0} updates in {result.WallSeconds:F2} s ({result.StepsPerSecond:N0} steps/s, {result.UpdatesPerSecond:N0} updates/s); {solved}{final}checkpoint {Shown(result.Checkpoint)}");
    }

    internal static string Format(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private static string Shown(string? path)
    {
        if (path is null)
        {
            return "none";
        }

        string relative = Path.GetRelativePath(Directory.GetCurrentDirectory(), path);
        return relative.StartsWith("..", StringComparison.Ordinal) ? path : relative;
    }
}
