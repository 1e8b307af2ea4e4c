using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Krewe.Contracts;

/// <summary>The meter and the activity source of every host, both named <c>Krewe</c>.</summary>
public static class KreweTelemetry
{
    /// <summary>Name of the meter and of the activity source.</summary>
    public const string Name = "Krewe";

    /// <summary>The activity source of the spans.</summary>
    public static ActivitySource Spans { get; } = new(Name);

    /// <summary>Creates a meter. Each training run owns one and disposes it at the end.</summary>
    public static Meter CreateMeter() => new(Name);
}

/// <summary>Names of the metrics, the same in the live view, in OTLP and in dashboards.</summary>
public static class MetricNames
{
    /// <summary>Environment steps, counter.</summary>
    public const string EnvironmentSteps = "krewe.environment.steps";

    /// <summary>Completed episodes, counter.</summary>
    public const string Episodes = "krewe.episodes";

    /// <summary>Mean return of the last 100 episodes, gauge.</summary>
    public const string EpisodeReturn = "krewe.episode.return";

    /// <summary>Probability of a random action, gauge.</summary>
    public const string Epsilon = "krewe.epsilon";

    /// <summary>Transitions that can be sampled, gauge.</summary>
    public const string ReplaySize = "krewe.replay.size";

    /// <summary>Transitions inserted into replay, counter.</summary>
    public const string ReplayInserted = "krewe.replay.inserted";

    /// <summary>Transitions sampled from replay, counter.</summary>
    public const string ReplaySampled = "krewe.replay.sampled";

    /// <summary>Transitions sampled per transition inserted, gauge.</summary>
    public const string SamplesPerInsert = "krewe.replay.samples_per_insert";

    /// <summary>Seconds that actors spent waiting for the rate limiter, counter.</summary>
    public const string AppendWait = "krewe.replay.append_wait";

    /// <summary>Seconds that the learner spent waiting for the rate limiter, counter.</summary>
    public const string SampleWait = "krewe.replay.sample_wait";

    /// <summary>Lost shards, gauge.</summary>
    public const string ShardsLost = "krewe.replay.shards_lost";

    /// <summary>Updates of the network, counter.</summary>
    public const string Updates = "krewe.learner.updates";

    /// <summary>Loss of the last update, gauge.</summary>
    public const string Loss = "krewe.learner.loss";

    /// <summary>Mean Q-value of the last mini-batch, gauge.</summary>
    public const string MeanQ = "krewe.learner.mean_q";

    /// <summary>Norm of the last gradient before clipping, gauge.</summary>
    public const string GradientNorm = "krewe.learner.gradient_norm";

    /// <summary>The newest published version, gauge.</summary>
    public const string PolicyVersion = "krewe.policy.version";

    /// <summary>Number of versions by which the slowest actor's policy lags behind the newest, gauge.</summary>
    public const string PolicyLag = "krewe.policy.lag";

    /// <summary>Mean return of the last evaluation, gauge.</summary>
    public const string EvaluationReturn = "krewe.evaluation.return";
}

/// <summary>Names of the spans.</summary>
public static class SpanNames
{
    /// <summary>A training run, from its first step to its last checkpoint.</summary>
    public const string Run = "krewe.run";

    /// <summary>One evaluation.</summary>
    public const string Evaluation = "krewe.evaluation";

    /// <summary>Writing one checkpoint.</summary>
    public const string Checkpoint = "krewe.checkpoint";
}
