using System.Globalization;
using Krewe.Contracts;

namespace Krewe.Replay;

/// <summary>
/// Keeps the ratio of samples to inserts with counters and an error buffer, like the rate limiter of Reverb (Cassirer et al. 2021). It only
/// answers yes or no and never waits. Not thread-safe: the owner's lock guards it.
/// </summary>
/// <remarks>
/// With i transitions inserted, s sampled, the ratio q (samples per insert), the minimum size m and the error buffer e, the drift is
/// (i - m) q - s: the samples still due for what was inserted beyond m. An append of k transitions is admitted if i is below m or the
/// drift after it is at most e; a sample of b transitions is admitted if i is at least m and the drift after it is at least -e.
/// <para>
/// Actors and learner deadlock only at a drift that is both above e - k q and below b - e. There is none if e is at least
/// (k q + b) / 2 for the largest k and b; smaller error buffers are rejected here. The append that crosses m may leave a drift
/// above e, of at most (k - 1) q; later appends do not add to it. (Reverb rejects such an append. Its e must then also be at least
/// (k - 1) q, which is nearly twice as much for an actor's rollout, and every shard of a cluster has its own limiter.)
/// </para>
/// </remarks>
public sealed class RateLimiter
{
    // Counts are exact integers, but their product with the ratio is rounded: to 1e-4 at 1e12 samples. The tolerance keeps an error buffer
    // of exactly the minimum from becoming too small.
    private const double Rounding = 1e-3;

    // Below this, adjacent doubles differ by far less than one.
    private const double Whole = 1L << 48;

    private long _inserted;
    private long _sampled;

    /// <summary>Creates a limiter with all counters at zero.</summary>
    /// <param name="settings">The settings; null admits every append, and every sample once something is stored.</param>
    /// <exception cref="InvalidOptionException">A setting is out of range, or actors and learner could deadlock.</exception>
    public RateLimiter(RateLimiterSettings? settings)
    {
        if (settings is null)
        {
            MinSize = 1;
            SamplesPerInsert = 1;
            ErrorBuffer = double.PositiveInfinity;
            LargestInsert = LargestSample = int.MaxValue;
            return;
        }

        Require(settings.MinSize >= 1, $"min size {settings.MinSize}: must be at least 1");
        Require(settings.LargestInsert >= 1, $"largest append {settings.LargestInsert}: must be at least 1");
        Require(settings.LargestSample >= 1, $"largest sample {settings.LargestSample}: must be at least 1");
        double ratio = settings.SamplesPerInsert;
        Require(ratio > 0 && double.IsFinite(ratio), $"samples per insert {ratio}: must be positive and finite");
        double smallest = SmallestErrorBuffer(ratio, settings.LargestInsert, settings.LargestSample);
        Require(
            settings.ErrorBuffer == 0 || settings.ErrorBuffer >= smallest,
            $"replay.error_buffer {settings.ErrorBuffer}: with appends of up to {settings.LargestInsert} transitions, samples of up to {settings.LargestSample} and {ratio} samples per insert, actors and learner could deadlock; must be at least {smallest} (or 0 to choose automatically)");

        MinSize = settings.MinSize;
        SamplesPerInsert = ratio;
        LargestInsert = settings.LargestInsert;
        LargestSample = settings.LargestSample;
        ErrorBuffer = settings.ErrorBuffer != 0
            ? settings.ErrorBuffer
            : smallest + Math.Max(ratio * LargestInsert, LargestSample);
    }

    /// <summary>Number of transitions inserted before the first sample.</summary>
    public long MinSize { get; }

    /// <summary>Transitions sampled per transition inserted.</summary>
    public double SamplesPerInsert { get; }

    /// <summary>Number of sampled transitions by which either side may be ahead of the ratio; infinite without settings.</summary>
    public double ErrorBuffer { get; }

    /// <summary>The largest append, in transitions, that the error buffer was checked for.</summary>
    public int LargestInsert { get; }

    /// <summary>The largest sample, in transitions, that the error buffer was checked for.</summary>
    public int LargestSample { get; }

    /// <summary>(i - m) q - s: positive when actors are ahead of the ratio, negative when the learner is.</summary>
    public double Drift => DriftAfter(inserts: 0, samples: 0);

    /// <summary>
    /// The counters, for saving and restoring. Counters that another ratio or minimum size left outside the error buffer are moved to its
    /// nearest limit, so that neither side waits for the other to make up for the difference.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">A counter is negative.</exception>
    public RateLimiterState State
    {
        get => new(_inserted, _sampled);
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value.Inserted);
            ArgumentOutOfRangeException.ThrowIfNegative(value.Sampled);
            // Below the minimum size nothing can have been sampled.
            (_inserted, _sampled) = (value.Inserted, value.Inserted < MinSize ? 0 : value.Sampled);

            // The append that crosses the minimum size may leave up to (k - 1) q above the error buffer.
            double most = ErrorBuffer + ((LargestInsert - 1) * SamplesPerInsert);
            if (_inserted >= MinSize && (Drift > most || Drift < -ErrorBuffer - Rounding))
            {
                Sample((long)Math.Ceiling(Drift > 0 ? Drift - ErrorBuffer : Drift + ErrorBuffer));
            }
        }
    }

    /// <summary>Returns the smallest error buffer with which actors and learner cannot deadlock.</summary>
    /// <param name="samplesPerInsert">Transitions sampled per transition inserted.</param>
    /// <param name="largestInsert">The largest append, in transitions.</param>
    /// <param name="largestSample">The largest sample, in transitions.</param>
    public static double SmallestErrorBuffer(double samplesPerInsert, int largestInsert, int largestSample) =>
        ((largestInsert * samplesPerInsert) + largestSample) / 2;

    /// <summary>Whether an append is admitted now.</summary>
    /// <param name="transitions">Number of transitions, k.</param>
    /// <param name="before">Number of transitions admitted before it and not counted yet.</param>
    public bool CanInsert(long transitions, long before = 0) =>
        _inserted + before < MinSize || DriftAfter(before + transitions, samples: 0) <= ErrorBuffer + Rounding;

    /// <summary>Whether a sample is admitted now.</summary>
    /// <param name="transitions">Number of transitions, b.</param>
    public bool CanSample(long transitions) =>
        _inserted >= MinSize && DriftAfter(inserts: 0, transitions) >= -ErrorBuffer - Rounding;

    /// <summary>
    /// The largest sample that is admitted now: <see cref="CanSample"/> returns true for every number from 1 to it and false for every
    /// greater one. 0 below the minimum size, <see cref="long.MaxValue"/> without settings.
    /// </summary>
    public long Samplable
    {
        get
        {
            if (_inserted < MinSize || double.IsInfinity(ErrorBuffer))
            {
                return _inserted < MinSize ? 0 : long.MaxValue;
            }

            double exact = Drift + ErrorBuffer + Rounding;
            long most = (long)Math.Max(0, Math.Floor(exact));
            if (exact < Whole)
            {
                // CanSample rounds the same numbers in another order, so the results may differ by one.
                most -= most > 0 && !CanSample(most) ? 1 : 0;
                most += CanSample(most + 1) ? 1 : 0;
            }

            return most;
        }
    }

    /// <summary>Counts an append.</summary>
    /// <param name="transitions">Number of transitions.</param>
    public void Insert(long transitions) => _inserted += transitions;

    /// <summary>Counts a sample.</summary>
    /// <param name="transitions">
    /// Number of transitions; negative to revert a sample that could not be read, unless the count was reset since.
    /// </param>
    public void Sample(long transitions) => _sampled = Math.Max(0, _sampled + transitions);

    private static void Require(bool condition, FormattableString message)
    {
        if (!condition)
        {
            throw new InvalidOptionException(message.ToString(CultureInfo.InvariantCulture));
        }
    }

    private double DriftAfter(long inserts, long samples) =>
        ((_inserted + inserts - MinSize) * SamplesPerInsert) - (_sampled + samples);
}
