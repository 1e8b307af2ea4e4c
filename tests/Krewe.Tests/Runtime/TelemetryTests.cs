using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Reflection;
using Krewe.Contracts;
using Krewe.Runtime;

namespace Krewe.Tests;

[Collection(nameof(Alone))]
public class TelemetryTests
{
    [Fact]
    public async Task Every_metric_of_the_list_is_measured_and_agrees_with_the_run()
    {
        Dictionary<string, double> values = [];
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Meter.Name == KreweTelemetry.Name)
            {
                self.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, _, _) => values[instrument.Name] = value);
        listener.SetMeasurementEventCallback<double>((instrument, value, _, _) => values[instrument.Name] = value);
        listener.Start();

        using var session = new TrainingSession(Sessions.Small("CartPole-v1", deterministic: false));
        listener.RecordObservableInstruments();
        Assert.Equal(0, values[MetricNames.EnvironmentSteps]);
        TrainingResult result = await Sessions.Start(session);
        listener.RecordObservableInstruments();

        string[] names = [.. typeof(MetricNames).GetFields(BindingFlags.Public | BindingFlags.Static).Select(field => (string)field.GetRawConstantValue()!)];
        Assert.Equal(names.Order(), values.Keys.Order());
        TrainingProgress progress = session.Progress;
        Assert.Equal(4_000, values[MetricNames.EnvironmentSteps]);
        Assert.Equal(4_000, values[MetricNames.ReplayInserted]);
        Assert.Equal(result.Updates, values[MetricNames.Updates]);
        Assert.Equal(result.Updates * 16, values[MetricNames.ReplaySampled]);
        Assert.Equal(values[MetricNames.ReplaySampled] / 4_000, values[MetricNames.SamplesPerInsert], tolerance: 1e-12);
        Assert.Equal(progress.Episodes, values[MetricNames.Episodes]);
        Assert.InRange(values[MetricNames.EpisodeReturn], 8, 500);
        Assert.InRange(values[MetricNames.Epsilon], 0.05, 0.7);
        Assert.InRange(values[MetricNames.ReplaySize], 1, 4_000);
        Assert.Equal(0, values[MetricNames.ShardsLost]);
        Assert.InRange(values[MetricNames.AppendWait], 0, 1e4);
        Assert.InRange(values[MetricNames.SampleWait], 0, 1e4);
        Assert.InRange(values[MetricNames.Loss], double.Epsilon, 1e4);
        Assert.InRange(values[MetricNames.MeanQ], 0.1, 1e3);
        Assert.InRange(values[MetricNames.GradientNorm], double.Epsilon, 1e5);
        Assert.Equal(progress.PolicyVersion, values[MetricNames.PolicyVersion]);
        Assert.InRange(values[MetricNames.PolicyVersion], 1, result.Updates);
        Assert.InRange(values[MetricNames.PolicyLag], 0, values[MetricNames.PolicyVersion]);
        Assert.Equal(progress.LastEvaluation!.Value.Result.Mean, values[MetricNames.EvaluationReturn]);
    }

    [Fact]
    public void A_disposed_run_reports_no_metrics()
    {
        int measured = 0;
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Meter.Name == KreweTelemetry.Name)
            {
                self.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((_, _, _, _) => measured++);
        listener.Start();
        using (new TrainingSession(Sessions.Small("CartPole-v1")))
        {
            listener.RecordObservableInstruments();
            Assert.NotEqual(0, measured);
        }

        measured = 0;
        listener.RecordObservableInstruments();
        Assert.Equal(0, measured);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_run_is_one_span_with_its_evaluations_and_checkpoints_inside(bool deterministic)
    {
        ConcurrentBag<Activity> spans = [];
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == KreweTelemetry.Name,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = spans.Add,
        };
        ActivitySource.AddActivityListener(listener);
        using var folder = new Krewe.Tests.TemporaryFolder();
        using var session = new TrainingSession(Sessions.Small("CartPole-v1", seed: 9, deterministic: deterministic), folder: RunFolder.Create(folder["run"]));
        await Sessions.Start(session);

        Activity run = Assert.Single(spans, span => span.OperationName == SpanNames.Run);
        Assert.Equal("CartPole-v1", run.GetTagItem("krewe.environment"));
        Assert.Equal(9L, run.GetTagItem("krewe.seed"));
        Assert.Contains(spans, span => span.OperationName == SpanNames.Evaluation);
        Assert.Contains(spans, span => span.OperationName == SpanNames.Checkpoint);
        Assert.All(spans, span => Assert.Equal(run.TraceId, span.TraceId));
        Assert.All(spans.Where(span => span != run), span => Assert.Equal(run.SpanId, span.ParentSpanId));
    }
}
