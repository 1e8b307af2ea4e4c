using System.Diagnostics.Metrics;
using Krewe.Contracts;
using Krewe.Runtime;

namespace Krewe.Tests;

[Collection(nameof(Alone))]
public class RunMetricsTests
{
    [Fact]
    public void A_value_that_does_not_exist_yet_is_not_reported()
    {
        var progress = new TrainingProgress { PolicyVersion = -1 };
        using var metrics = new RunMetrics(() => progress);
        string[] unknown = [MetricNames.EpisodeReturn, MetricNames.EvaluationReturn, MetricNames.Loss, MetricNames.MeanQ, MetricNames.GradientNorm, MetricNames.PolicyVersion, MetricNames.PolicyLag];
        Assert.Empty(Collect().Keys.Intersect(unknown));
        Assert.Contains(MetricNames.EnvironmentSteps, Collect().Keys);
    }

    [Fact]
    public void Values_are_reported_once_they_exist_from_one_snapshot_per_collection()
    {
        int snapshots = 0;
        using var metrics = new RunMetrics(
            () =>
            {
                snapshots++;
                return new TrainingProgress { MeanReturn = -3, LastUpdate = new TrainResult(1, 2, 3), PolicyVersion = 4, PolicyLag = 1 };
            },
            new StoppedClock());
        Dictionary<string, double> values = Collect();
        Assert.Equal(1, snapshots);
        Collect();
        Assert.Equal(2, snapshots);
        Assert.Equal(
            (-3, 1, 2, 3, 4, 1),
            (values[MetricNames.EpisodeReturn], values[MetricNames.Loss], values[MetricNames.MeanQ], values[MetricNames.GradientNorm], values[MetricNames.PolicyVersion], values[MetricNames.PolicyLag]));
    }

    /// <summary>The values that a listener is given now, of this run only.</summary>
    private static Dictionary<string, double> Collect()
    {
        var values = new Dictionary<string, double>();
        using var listener = new MeterListener { InstrumentPublished = (instrument, listener) => listener.EnableMeasurementEvents(instrument) };
        listener.SetMeasurementEventCallback<double>((instrument, value, _, _) => values[instrument.Name] = value);
        listener.SetMeasurementEventCallback<long>((instrument, value, _, _) => values[instrument.Name] = value);
        listener.Start();
        listener.RecordObservableInstruments();
        return values;
    }

    private sealed class StoppedClock : TimeProvider
    {
        public override long GetTimestamp() => 1;
    }
}
