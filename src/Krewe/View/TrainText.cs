using System.Globalization;
using Krewe.Runtime;

namespace Krewe.Cli;

/// <summary>The lines printed about a run without a live panel.</summary>
public static class TrainText
{
    /// <summary>Describes the run before it starts.</summary>
    /// <param name="run">The run.</param>
    public static string Describe(ITrainingRun run)
    {
        var options = run.Options;
        return Format(
            $"{run.Environment.Id}: {run.Environment.ObservationSpace} -> {run.Environment.ActionSpace}, seed {options.Run.Seed}, {options.Actor.Count} x {options.Actor.Environments} environments, {options.Run.Steps:N0} steps{(options.Run.Deterministic ? ", lock step" : "")}{(run.Location is { } location ? ", " + Shown(location) : "")}");
    }

    /// <summary>Formats an evaluation.</summary>
    /// <param name="report">The evaluation.</param>
    public static string Evaluation(EvaluationReport report) => Format(
        $"{report.Seconds,8:F2} s  {report.EnvironmentSteps,10:N0} steps  {report.Updates,9:N0} updates  epsilon {report.Epsilon:F3}  return(100) {Number(report.MeanReturn),8}  evaluation {report.Result.Mean,8:0.0##} +/- {report.Result.StandardDeviation:0.0##}{(report.ConfirmedMean is { } second ? Format($"  confirmed {second:0.0##}{(report.IsBest ? ", best" : "")}") : "")}");

    /// <summary>Formats a run's result.</summary>
    /// <param name="result">The result.</param>
    /// <param name="threshold">Mean return at which the environment is considered solved; null for none.</param>
    public static string Summary(TrainingResult result, double? threshold)
    {
        string solved = (result.SolvedAtSeconds, threshold) switch
        {
            ({ } seconds, _) => Format($"solved (>= {threshold:G}) after {seconds:F2} s and {result.SolvedAtStep:N0} steps; "),
            (null, { } bound) => Format($"not solved (>= {bound:G}); "),
            _ => "",
        };
        string final = result.Final is { } evaluation
            ? Format($"best network: {evaluation.Mean:0.0##} +/- {evaluation.StandardDeviation:0.0##}, last: {result.Last?.Mean:0.0##} over {evaluation.Episodes} greedy episodes; ")
            : result.Interrupted ? "interrupted; " : "";
        string skipped = result.EvaluationsSkipped > 0
            ? Format($"{result.EvaluationsSkipped} evaluation{(result.EvaluationsSkipped == 1 ? "" : "s")} skipped (actors took the steps of several at once, which evaluation.interval spaces, or the run was interrupted); ")
            : "";
        return Format(
            $"{result.EnvironmentSteps:N0} steps, {result.Updates:N0} updates in {result.WallSeconds:F2} s ({result.StepsPerSecond:N0} steps/s, {result.UpdatesPerSecond:N0} updates/s{(result.Resumed ? " since it was resumed" : "")}); {solved}{final}{skipped}checkpoint {Shown(result.Checkpoint)}");
    }

    /// <summary>Formats a warning.</summary>
    /// <param name="message">The message.</param>
    public static string Warning(string message) => $"krewe: warning: {message}";

    /// <summary>Formats a return that may not be known yet.</summary>
    /// <param name="value">The return; null for none.</param>
    public static string Number(double? value) => value is { } number ? Format($"{number:0.0##}") : "none yet";

    /// <summary>Formats a time as "12 s", "3:07" or "2:03:09".</summary>
    /// <param name="time">The time, not negative.</param>
    public static string Duration(TimeSpan time) => time.TotalSeconds < 60 ? Format($"{time.TotalSeconds:F0} s")
        : time.TotalHours < 1 ? Format($"{(int)time.TotalMinutes}:{time.Seconds:00}")
        : Format($"{(long)time.TotalHours}:{time.Minutes:00}:{time.Seconds:00}");

    internal static string Format(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    internal static string Shown(string? path)
    {
        if (path is null)
        {
            return "none";
        }

        string relative = Path.GetRelativePath(Directory.GetCurrentDirectory(), path);
        return relative.StartsWith("..", StringComparison.Ordinal) ? path : relative;
    }
}
