using System.Diagnostics.Metrics;
using Krewe.Contracts;

namespace Krewe.Runtime;

/// <summary>
/// The run's metrics. All are observable instruments: a listener (OpenTelemetry, <c>dotnet-counters</c>) reads counters that the run keeps
/// anyway, and nothing is done per step.
/// </summary>
public sealed class RunMetrics : IDisposable
{
    private readonly Meter _meter = KreweTelemetry.CreateMeter();

    /// <summary>Creates the instruments.</summary>
    /// <param name="progress">The run's progress; called on the listener's thread.</param>
    public RunMetrics(Func<TrainingProgress> progress)
    {
        Counter(MetricNames.EnvironmentSteps, "{step}", "Environment steps", () => progress().EnvironmentSteps);
        Counter(MetricNames.Episodes, "{episode}", "Episodes ended", () => progress().Episodes);
        Counter(MetricNames.Updates, "{update}", "Updates of the network", () => progress().Updates);
        Counter(MetricNames.ReplayInserted, "{transition}", "Transitions inserted into replay", () => progress().Replay.Inserted);
        Counter(MetricNames.ReplaySampled, "{transition}", "Transitions sampled from replay", () => progress().Replay.Sampled);
        _meter.CreateObservableCounter(MetricNames.AppendWait, () => progress().Replay.AppendWait.TotalSeconds, "s", "Time actors waited for the rate limiter");
        _meter.CreateObservableCounter(MetricNames.SampleWait, () => progress().Replay.SampleWait.TotalSeconds, "s", "Time the learner waited for the rate limiter");
        Gauge(MetricNames.ReplaySize, "{transition}", "Transitions that can be sampled", () => progress().Replay.Size);
        Gauge(MetricNames.ShardsLost, "{shard}", "Shards that were lost", () => progress().Replay.ShardsLost);
        Gauge(MetricNames.SamplesPerInsert, "1", "Transitions sampled for each one inserted", () => progress().SamplesPerInsert);
        Gauge(MetricNames.EpisodeReturn, "1", "Mean return of the last 100 episodes", () => progress().MeanReturn ?? 0);
        Gauge(MetricNames.Epsilon, "1", "Probability of a random action", () => progress().Epsilon);
        Gauge(MetricNames.Loss, "1", "Loss of the last update", () => progress().LastUpdate.Loss);
        Gauge(MetricNames.MeanQ, "1", "Mean Q-value of the last mini-batch", () => progress().LastUpdate.MeanQ);
        Gauge(MetricNames.GradientNorm, "1", "Norm of the last gradient before clipping", () => progress().LastUpdate.GradientNorm);
        Gauge(MetricNames.PolicyVersion, "{version}", "Newest published version", () => progress().PolicyVersion);
        Gauge(MetricNames.PolicyLag, "{version}", "Versions by which the slowest actor lags behind", () => progress().PolicyLag);
        Gauge(MetricNames.EvaluationReturn, "1", "Mean return of the last evaluation", () => progress().LastEvaluation?.Result.Mean ?? 0);
    }

    /// <inheritdoc/>
    public void Dispose() => _meter.Dispose();

    private void Counter(string name, string unit, string description, Func<long> value) =>
        _meter.CreateObservableCounter(name, value, unit, description);

    private void Gauge(string name, string unit, string description, Func<double> value) =>
        _meter.CreateObservableGauge(name, value, unit, description);
}
