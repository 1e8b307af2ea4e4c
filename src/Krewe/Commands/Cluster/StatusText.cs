using System.Globalization;
using System.Text;
using Krewe.Cluster;
using Krewe.Contracts;
using Krewe.Contracts.Grains;

namespace Krewe.Cli;

/// <summary>A run's status as text.</summary>
internal static class StatusText
{
    public static string Of(RunStatus status)
    {
        var text = new StringBuilder();
        RunFigures figures = status.Figures;
        Line($"run {status.RunId}: {SiloText.Of(status.State)}{(status.WaitsFor is { } waits ? $", waiting for {waits}" : "")}{(status.Failure is { } failure ? $": {failure}" : "")}");
        Line($"  {status.EnvironmentId}, seed {status.Seed}, {figures.EnvironmentSteps:N0} / {figures.StepBudget:N0} steps, {figures.Updates:N0} updates, {figures.Episodes:N0} episodes, {figures.Seconds:F1} s");
        Line($"  actors {status.ActorsRunning} / {status.ActorsWanted}{(status.ActorsBySilo.Count > 0 ? " (" + string.Join(", ", status.ActorsBySilo.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => $"{pair.Value} on {pair.Key}")) + ")" : "")}");
        string learner = status.LearnerLostOn is { } lost ? $"not reporting from {lost}" : status.LearnerSilo ?? "none";
        Line($"  shards {status.ShardsRunning} / {status.ShardsWanted}, replay {figures.Replay.Size:N0} / {figures.Replay.Capacity:N0}, learner {learner}, policy {PolicyVersions.Describe(figures.PolicyVersion)} (lag {figures.PolicyLag})");
        Line($"  epsilon {figures.Epsilon:F3}, return(100) {TrainText.Number(figures.MeanReturn)}, loss {figures.LastUpdate.Loss:G4}{(figures.LastEvaluation is { } last ? string.Create(CultureInfo.InvariantCulture, $", last evaluation {last.Mean:0.0##} +/- {last.StandardDeviation:0.0##} at {last.EnvironmentSteps:N0} steps") : "")}");
        return text.ToString().TrimEnd();

        void Line(FormattableString line) => text.AppendLine(line.ToString(CultureInfo.InvariantCulture));
    }
}
