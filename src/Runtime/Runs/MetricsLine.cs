namespace Krewe.Runtime;

/// <summary>
/// One line of <c>metrics.jsonl</c>, with names in snake_case. Rates and shares are over the time since the previous line. Values that are
/// not yet known or not finite are null.
/// </summary>
public sealed record MetricsLine
{
    /// <summary>Seconds of training, over all resumed parts of the run.</summary>
    public required double Seconds { get; init; }

    /// <summary>Environment steps of the whole run.</summary>
    public required long EnvironmentSteps { get; init; }

    /// <summary>Updates of the network.</summary>
    public required long Updates { get; init; }

    /// <summary>Episodes ended.</summary>
    public required long Episodes { get; init; }

    /// <summary>Probability of a random action of the first actor.</summary>
    public required double? Epsilon { get; init; }

    /// <summary>Mean return of the last 100 training episodes.</summary>
    public required double? MeanReturn { get; init; }

    /// <summary>Loss of the last update.</summary>
    public required double? Loss { get; init; }

    /// <summary>Mean Q-value of its mini-batch.</summary>
    public required double? MeanQ { get; init; }

    /// <summary>Norm of its gradient before clipping.</summary>
    public required double? GradientNorm { get; init; }

    /// <summary>Versions by which the slowest actor lags behind the newest policy.</summary>
    public required long PolicyLag { get; init; }

    /// <summary>Transitions that can be sampled.</summary>
    public required long ReplaySize { get; init; }

    /// <summary>Transitions sampled for each one inserted.</summary>
    public required double? SamplesPerInsert { get; init; }

    /// <summary>Environment steps per second.</summary>
    public required double? StepsPerSecond { get; init; }

    /// <summary>Updates per second.</summary>
    public required double? UpdatesPerSecond { get; init; }

    /// <summary>Share of the actors' time spent waiting for the rate limiter, 0 to 1.</summary>
    public required double? ActorsWaiting { get; init; }

    /// <summary>Share of the learner's time spent waiting for samples, 0 to 1.</summary>
    public required double? LearnerWaiting { get; init; }

    /// <summary>Mean return of the line's evaluation; null for a line without one.</summary>
    public double? EvaluationMean { get; init; }

    /// <summary>Environment steps when its network was captured.</summary>
    public long? EvaluationSteps { get; init; }

    /// <summary>Creates a line.</summary>
    /// <param name="now">The run's progress now.</param>
    /// <param name="before">The progress at the previous line, or at the start.</param>
    /// <param name="actors">Number of actors.</param>
    /// <param name="evaluation">The line's evaluation; null for none.</param>
    public static MetricsLine Of(TrainingProgress now, TrainingProgress before, int actors, EvaluationReport? evaluation)
    {
        double seconds = (now.Elapsed - before.Elapsed).TotalSeconds;
        return new MetricsLine
        {
            Seconds = now.Elapsed.TotalSeconds,
            EnvironmentSteps = now.EnvironmentSteps,
            Updates = now.Updates,
            Episodes = now.Episodes,
            Epsilon = Finite(now.Epsilon),
            MeanReturn = Finite(now.MeanReturn),
            Loss = Finite(now.HasUpdate ? now.LastUpdate.Loss : null),
            MeanQ = Finite(now.HasUpdate ? now.LastUpdate.MeanQ : null),
            GradientNorm = Finite(now.HasUpdate ? now.LastUpdate.GradientNorm : null),
            PolicyLag = now.PolicyLag,
            ReplaySize = now.Replay.Size,
            SamplesPerInsert = now.Replay.Inserted == 0 ? null : Finite(now.SamplesPerInsert),
            StepsPerSecond = Finite((now.EnvironmentSteps - before.EnvironmentSteps) / seconds),
            UpdatesPerSecond = Finite((now.Updates - before.Updates) / seconds),
            ActorsWaiting = Share((now.Replay.AppendWait - before.Replay.AppendWait) / actors),
            LearnerWaiting = Share(now.Replay.SampleWait - before.Replay.SampleWait),
            EvaluationMean = Finite(evaluation?.Result.Mean),
            EvaluationSteps = evaluation?.EnvironmentSteps,
        };

        // A wait is counted when it ends, so it may exceed the time since the previous line. It may be negative after the loss of a shard.
        double? Share(TimeSpan waited) => seconds > 0 ? Math.Clamp(waited.TotalSeconds / seconds, 0, 1) : null;
    }

    private static double? Finite(double? value) => value is { } number && double.IsFinite(number) ? number : null;
}
