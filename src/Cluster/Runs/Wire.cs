using Krewe.Actors;
using Krewe.Contracts.Grains;
using Krewe.Runtime;

namespace Krewe.Cluster;

/// <summary>Converts the hosts' figures and results to messages and back.</summary>
internal static class Wire
{
    public static EvaluationPoint Point(EvaluationReport report)
    {
        EvaluationResult result = report.Result;
        return new EvaluationPoint(
            report.Seconds,
            report.EnvironmentSteps,
            report.Updates,
            result.Mean,
            result.StandardDeviation,
            result.Minimum,
            result.Maximum,
            result.MeanLength,
            result.Episodes,
            report.IsBest,
            report.Epsilon,
            report.MeanReturn,
            report.Loss,
            report.ConfirmedMean);
    }

    public static EvaluationReport Report(EvaluationPoint point) => new(
        point.Seconds, point.EnvironmentSteps, point.Updates, Result(point), point.IsBest, point.Epsilon, point.MeanReturn, point.Loss, point.ConfirmedMean);

    public static RunOutcome Outcome(TrainingResult result) => new()
    {
        EnvironmentSteps = result.EnvironmentSteps,
        Updates = result.Updates,
        WallSeconds = result.WallSeconds,
        StepsPerSecond = result.StepsPerSecond,
        UpdatesPerSecond = result.UpdatesPerSecond,
        SolvedAtSeconds = result.SolvedAtSeconds,
        SolvedAtStep = result.SolvedAtStep,
        Final = AtEnd(result, result.Final, isBest: true),
        Last = AtEnd(result, result.Last, isBest: false),
        Interrupted = result.Interrupted,
        Checkpoint = result.Checkpoint,
        EvaluationsSkipped = result.EvaluationsSkipped,
        Resumed = result.Resumed,
    };

    public static TrainingResult Result(RunOutcome outcome, RunStatus status, float[] bestParameters) => new()
    {
        EnvironmentId = status.EnvironmentId,
        Seed = status.Seed,
        EnvironmentSteps = outcome.EnvironmentSteps,
        Updates = outcome.Updates,
        WallSeconds = outcome.WallSeconds,
        StepsPerSecond = outcome.StepsPerSecond,
        UpdatesPerSecond = outcome.UpdatesPerSecond,
        SolvedAtSeconds = outcome.SolvedAtSeconds,
        SolvedAtStep = outcome.SolvedAtStep,
        Final = outcome.Final is { } final ? Result(final) : null,
        Last = outcome.Last is { } last ? Result(last) : null,
        Interrupted = outcome.Interrupted,
        Checkpoint = outcome.Checkpoint,
        EvaluationsSkipped = outcome.EvaluationsSkipped,
        Resumed = outcome.Resumed,
        BestParameters = bestParameters,
    };

    public static TrainingProgress Progress(RunFigures figures) => new(
        TimeSpan.FromSeconds(figures.Seconds),
        figures.EnvironmentSteps,
        figures.StepBudget,
        figures.Updates,
        figures.Episodes,
        figures.MeanReturn,
        figures.Epsilon,
        figures.LastUpdate,
        figures.PolicyVersion,
        figures.PolicyLag,
        figures.Replay,
        figures.LastEvaluation is { } last ? Report(last) : null,
        figures.BestMean);

    private static EvaluationPoint? AtEnd(TrainingResult result, EvaluationResult? evaluation, bool isBest) => evaluation is { } final
        ? Point(new EvaluationReport(result.WallSeconds, result.EnvironmentSteps, result.Updates, final, isBest, Epsilon: 0, MeanReturn: null, Loss: null))
        : null;

    private static EvaluationResult Result(EvaluationPoint point) =>
        new(point.Mean, point.StandardDeviation, point.Minimum, point.Maximum, point.MeanLength, point.Episodes);
}
