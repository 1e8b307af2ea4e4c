using System.Diagnostics.Metrics;
using Krewe.Contracts.Telemetry;

namespace Krewe;

/// <summary>
/// The run's metrics. All are observed: whoever listens (OpenTelemetry, <c>dotnet-counters</c>) reads the counters that the run
/// keeps anyway, and nothing is done per step.
/// </summary>
internal sealed class RunMetrics : IDisposable
{
    private readonly Meter _meter = KreweTelemetry.CreateMeter();

    public RunMetrics(TrainingSession session)
    {
        Counter(MetricNames.EnvironmentSteps, "{step}", "Environment steps", () => session.Progress.EnvironmentSteps);
        Counter(MetricNames.Episodes, "{episode}", "Episodes ended", () => session.Progress.Episodes);
        Counter(MetricNames.Updates, "{update}", "Updates of the network", () => session.Progress.Updates);
        Counter(MetricNames.ReplayInserted, "{transition}", "Transitions inserted into replay", () => session.Progress.Replay.Inserted);
        Counter(MetricNames.ReplaySampled, "{transition}", "Transitions sampled from replay", () => session.Progress.Replay.Sampled);
        _meter.CreateObservableCounter(MetricNames.AppendWait, () => session.Progress.Replay.AppendWait.TotalSeconds, "s", "Time actors waited for the rate limiter");
        _meter.CreateObservableCounter(MetricNames.SampleWait, () => session.Progress.Replay.SampleWait.TotalSeconds, "s", "Time the learner waited for the rate limiter");
        Gauge(MetricNames.ReplaySize, "{transition}", "Transitions that can be sampled", () => session.Progress.Replay.Size);
        Gauge(MetricNames.ShardsLost, "{shard}", "Shards that are gone", () => session.Progress.Replay.ShardsLost);
        Gauge(MetricNames.SamplesPerInsert, "1", "Transitions sampled for each one inserted", () => Ratio(session.Progress));
        Gauge(MetricNames.EpisodeReturn, "1", "Mean return of the last 100 episodes", () => session.Progress.MeanReturn ?? 0);
        Gauge(MetricNames.Epsilon, "1", "Probability of a random action", () => session.Progress.Epsilon);
        Gauge(MetricNames.Loss, "1", "Loss of the last update", () => session.Progress.LastUpdate.Loss);
        Gauge(MetricNames.MeanQ, "1", "Mean Q-value of the last mini-batch", () => session.Progress.LastUpdate.MeanQ);
        Gauge(MetricNames.GradientNorm, "1", "Norm of the last gradient before clipping", () => session.Progress.LastUpdate.GradientNorm);
        Gauge(MetricNames.PolicyVersion, "{version}", "Newest published version", () => session.Progress.PolicyVersion);
        Gauge(MetricNames.PolicyLag, "{version}", "Versions by which the slowest actor is behind", () => session.Progress.PolicyLag);
        Gauge(MetricNames.EvaluationReturn, "1", "Mean return of the last evaluation", () => session.Progress.LastEvaluation?.Mean ?? 0);
    }

    public void Dispose() => _meter.Dispose();

    private static double Ratio(TrainingProgress progress) =>
        progress.Replay.Inserted == 0 ? 0 : (double)progress.Replay.Sampled / progress.Replay.Inserted;

    private void Counter(string name, string unit, string description, Func<long> value) =>
        _meter.CreateObservableCounter(name, value, unit, description);

    private void Gauge(string name, string unit, string description, Func<double> value) =>
        _meter.CreateObservableGauge(name, value, unit, description);
}
