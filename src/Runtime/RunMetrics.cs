using System.Diagnostics.Metrics;
using Krewe.Contracts;

namespace Krewe.Runtime;

/// <summary>
/// The run's metrics. All are observable instruments: a listener (OpenTelemetry, <c>dotnet-counters</c>) reads counters that the run
/// maintains anyway, so there is no cost per step. A metric without a value yet, such as the return before the first episode ends, is
/// not reported.
/// </summary>
public sealed class RunMetrics : IDisposable
{
    // A listener reads its instruments one after the other, so they share a snapshot. The limit is for listeners with different instruments.
    private static readonly TimeSpan Collection = TimeSpan.FromMilliseconds(10);

    private readonly Meter _meter = KreweTelemetry.CreateMeter();
    private readonly Func<TrainingProgress> _progress;
    private readonly TimeProvider _time;
    private readonly Lock _lock = new();
    private TrainingProgress? _snapshot;
    private long _taken;
    private int _instruments;
    private ulong _served;

    /// <summary>Creates the instruments.</summary>
    /// <param name="progress">The run's progress; called on the listener's thread, once per collection.</param>
    /// <param name="time">Tells collections apart; null for the system's clock.</param>
    public RunMetrics(Func<TrainingProgress> progress, TimeProvider? time = null)
    {
        _progress = progress;
        _time = time ?? TimeProvider.System;
        Counter(MetricNames.EnvironmentSteps, "{step}", "Environment steps", now => now.EnvironmentSteps);
        Counter(MetricNames.Episodes, "{episode}", "Episodes ended", now => now.Episodes);
        Counter(MetricNames.Updates, "{update}", "Updates of the network", now => now.Updates);
        Counter(MetricNames.ReplayInserted, "{transition}", "Transitions inserted into replay", now => now.Replay.Inserted);
        Counter(MetricNames.ReplaySampled, "{transition}", "Transitions sampled from replay", now => now.Replay.Sampled);
        Counter(MetricNames.AppendWait, "s", "Time actors waited for the rate limiter", now => now.Replay.AppendWait.TotalSeconds);
        Counter(MetricNames.SampleWait, "s", "Time the learner waited for the rate limiter", now => now.Replay.SampleWait.TotalSeconds);
        Gauge(MetricNames.ReplaySize, "{transition}", "Transitions that can be sampled", now => now.Replay.Size);
        Gauge(MetricNames.ShardsLost, "{shard}", "Shards that were lost", now => now.Replay.ShardsLost);
        Gauge(MetricNames.SamplesPerInsert, "1", "Transitions sampled for each one inserted", now => now.SamplesPerInsert);
        Gauge(MetricNames.EpisodeReturn, "1", "Mean return of the last 100 episodes", now => now.MeanReturn);
        Gauge(MetricNames.Epsilon, "1", "Probability of a random action", now => now.Epsilon);
        Gauge(MetricNames.Loss, "1", "Loss of the last update", now => now.HasUpdate ? now.LastUpdate.Loss : null);
        Gauge(MetricNames.MeanQ, "1", "Mean Q-value of the last mini-batch", now => now.HasUpdate ? now.LastUpdate.MeanQ : null);
        Gauge(MetricNames.GradientNorm, "1", "Norm of the last gradient before clipping", now => now.HasUpdate ? now.LastUpdate.GradientNorm : null);
        Gauge(MetricNames.PolicyVersion, "{version}", "Newest published version", now => now.PolicyVersion < 0 ? null : now.PolicyVersion);
        Gauge(MetricNames.PolicyLag, "{version}", "Versions by which the slowest actor lags behind", now => now.PolicyVersion < 0 ? null : now.PolicyLag);
        Gauge(MetricNames.EvaluationReturn, "1", "Mean return of the last evaluation", now => now.LastEvaluation?.Result.Mean);
    }

    /// <inheritdoc/>
    public void Dispose() => _meter.Dispose();

    private void Counter<T>(string name, string unit, string description, Func<TrainingProgress, T> value)
        where T : struct
    {
        int index = _instruments++;
        _meter.CreateObservableCounter(name, () => value(Snapshot(index)), unit, description);
    }

    private void Gauge(string name, string unit, string description, Func<TrainingProgress, double?> value)
    {
        int index = _instruments++;
        _meter.CreateObservableGauge(
            name, () => value(Snapshot(index)) is { } known ? [new Measurement<double>(known)] : Array.Empty<Measurement<double>>(), unit, description);
    }

    /// <summary>Returns a snapshot that is used at most once per instrument and no longer than a collection takes.</summary>
    private TrainingProgress Snapshot(int instrument)
    {
        ulong bit = 1UL << instrument;
        lock (_lock)
        {
            if (_snapshot is null || (_served & bit) != 0 || _time.GetElapsedTime(_taken) > Collection)
            {
                (_snapshot, _taken, _served) = (_progress(), _time.GetTimestamp(), 0);
            }

            _served |= bit;
            return _snapshot.Value;
        }
    }
}
