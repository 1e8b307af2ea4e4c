namespace Krewe.Replay;

/// <summary>Settings of a <see cref="RateLimiter"/>.</summary>
public sealed record RateLimiterSettings
{
    /// <summary>Number of transitions inserted before the first sample, at least 1. Default 1.</summary>
    public long MinSize { get; init; } = 1;

    /// <summary>Transitions sampled per transition inserted, positive and finite. Default 1.</summary>
    public double SamplesPerInsert { get; init; } = 1;

    /// <summary>
    /// Number of sampled transitions by which either side may be ahead of the ratio. 0, the default, chooses the smallest value that cannot
    /// deadlock plus room for one more append or sample, so that the two sides need not alternate.
    /// </summary>
    public double ErrorBuffer { get; init; }

    /// <summary>The largest append, in transitions, at least 1. Default 1.</summary>
    public int LargestInsert { get; init; } = 1;

    /// <summary>The largest sample, in transitions, at least 1. Default 1.</summary>
    public int LargestSample { get; init; } = 1;

    /// <summary>Creates the settings for a whole replay.</summary>
    /// <param name="options">The replay options.</param>
    /// <param name="largestAppend">The largest append, in transitions.</param>
    /// <param name="largestSample">The largest sample, in transitions.</param>
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
