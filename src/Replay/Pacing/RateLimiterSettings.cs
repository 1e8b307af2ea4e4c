namespace Krewe.Replay;

/// <summary>What a <see cref="RateLimiter"/> holds actors and learner to.</summary>
public sealed record RateLimiterSettings
{
    /// <summary>Transitions inserted before the first sample, at least 1. Default 1.</summary>
    public long MinSize { get; init; } = 1;

    /// <summary>Transitions sampled for each one inserted, positive and finite. Default 1.</summary>
    public double SamplesPerInsert { get; init; } = 1;

    /// <summary>
    /// Sampled transitions that either side may be ahead of the ratio; 0, the default, chooses the smallest value that cannot
    /// deadlock and room for one more append or sample beside it, so that the two need not take turns.
    /// </summary>
    public double ErrorBuffer { get; init; }

    /// <summary>Transitions of the largest append, at least 1. Default 1.</summary>
    public int LargestInsert { get; init; } = 1;

    /// <summary>Transitions of the largest sample, at least 1. Default 1.</summary>
    public int LargestSample { get; init; } = 1;

    /// <summary>The settings for a whole replay.</summary>
    /// <param name="options">The options of replay.</param>
    /// <param name="largestAppend">Transitions of the largest append.</param>
    /// <param name="largestSample">Transitions of the largest sample.</param>
    public static RateLimiterSettings For(ReplayOptions options, int largestAppend, int largestSample) => new()
    {
        MinSize = options.MinSize,
        SamplesPerInsert = options.SamplesPerInsert,
        ErrorBuffer = options.ErrorBuffer,
        LargestInsert = largestAppend,
        LargestSample = largestSample,
    };
}

/// <summary>The counters of a <see cref="RateLimiter"/>.</summary>
/// <param name="Inserted">Transitions inserted.</param>
/// <param name="Sampled">Transitions sampled.</param>
public readonly record struct RateLimiterState(long Inserted, long Sampled);
