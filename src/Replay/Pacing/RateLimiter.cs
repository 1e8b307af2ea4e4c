using System.Globalization;
using Krewe.Contracts;

namespace Krewe.Replay;

/// <summary>
/// Paces actors against the learner with arithmetic alone (after Reverb's: Cassirer et al. 2021): counters and an error
/// buffer. It answers yes or no and never waits. Not thread-safe: guarded by the lock of its owner.
/// </summary>
/// <remarks>
/// With i transitions inserted, s sampled, the ratio q (samples per insert), the minimum size m and the error buffer e, the drift is
/// (i - m) q - s: what the learner may still sample of what was inserted beyond m. An append of k is let in while i is below m, or
/// the drift after it is at most e; a sample of b is let out while i is at least m and the drift after it at least -e.
/// <para>
/// Both would be refused for ever only at a drift above e - k q and below b - e at once. There is none when e is at least
/// (k q + b) / 2 for the largest k and b: smaller ones are refused here. The append that crosses m may leave a drift above e, of
/// (k - 1) q at most; no later one adds to it. (Reverb refuses an append that would; then e must be at least (k - 1) q besides, which
/// for an actor's rollout is nearly twice as much, and every shard of a cluster has a limiter of its own.)
/// </para>
/// </remarks>
public sealed class RateLimiter
{
    // Counts are whole and exact, the product with the ratio is rounded: to 1e-4 at 1e12 samples. An error buffer that is exactly
    // the smallest must not be made too small by it.
    private const double Rounding = 1e-3;

    // Up to here neighbouring numbers can be told apart by far less than one.
    private const double Whole = 1L << 48;

    private long _inserted;
    private long _sampled;

    /// <summary>Creates a limiter with nothing counted yet.</summary>
    /// <param name="settings">The settings; null lets everything in, and everything out once there is something.</param>
    /// <exception cref="InvalidOptionException">A setting is out of range, or actors and learner could wait for each other for ever.</exception>
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
            $"replay.error_buffer {settings.ErrorBuffer}: with appends of up to {settings.LargestInsert} transitions, samples of up to {settings.LargestSample} and {ratio} samples per insert, actors and learner could wait for each other for ever; must be at least {smallest} (or 0 to choose)");

        MinSize = settings.MinSize;
        SamplesPerInsert = ratio;
        LargestInsert = settings.LargestInsert;
        LargestSample = settings.LargestSample;
        ErrorBuffer = settings.ErrorBuffer != 0
            ? settings.ErrorBuffer
            : smallest + Math.Max(ratio * LargestInsert, LargestSample);
    }

    /// <summary>Transitions inserted before the first sample.</summary>
    public long MinSize { get; }

    /// <summary>Transitions sampled for each one inserted.</summary>
    public double SamplesPerInsert { get; }

    /// <summary>Sampled transitions that either side may be ahead; infinite for a limiter without settings.</summary>
    public double ErrorBuffer { get; }

    /// <summary>Transitions of the largest append that the error buffer was checked for.</summary>
    public int LargestInsert { get; }

    /// <summary>Transitions of the largest sample that the error buffer was checked for.</summary>
    public int LargestSample { get; }

    /// <summary>(i - m) q - s: positive when actors are ahead of the ratio, negative when the learner is.</summary>
    public double Drift => DriftAfter(inserts: 0, samples: 0);

    /// <summary>The counters; restoring them goes on with the same answers.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A counter is negative.</exception>
    public RateLimiterState State
    {
        get => new(_inserted, _sampled);
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value.Inserted);
            ArgumentOutOfRangeException.ThrowIfNegative(value.Sampled);
            (_inserted, _sampled) = (value.Inserted, value.Sampled);
        }
    }

    /// <summary>The smallest error buffer with which actors and learner never wait for each other for ever.</summary>
    /// <param name="samplesPerInsert">Transitions sampled for each one inserted.</param>
    /// <param name="largestInsert">Transitions of the largest append.</param>
    /// <param name="largestSample">Transitions of the largest sample.</param>
    public static double SmallestErrorBuffer(double samplesPerInsert, int largestInsert, int largestSample) =>
        ((largestInsert * samplesPerInsert) + largestSample) / 2;

    /// <summary>Whether an append may go in now.</summary>
    /// <param name="transitions">Its transitions, k.</param>
    /// <param name="before">Transitions that go in before it and are not counted yet.</param>
    public bool CanInsert(long transitions, long before = 0) =>
        _inserted + before < MinSize || DriftAfter(before + transitions, samples: 0) <= ErrorBuffer + Rounding;

    /// <summary>Whether a sample may go out now.</summary>
    /// <param name="transitions">Its transitions, b.</param>
    public bool CanSample(long transitions) =>
        _inserted >= MinSize && DriftAfter(inserts: 0, transitions) >= -ErrorBuffer - Rounding;

    /// <summary>
    /// The largest sample that may go out now: <see cref="CanSample"/> says yes to every number from 1 to it and no to every greater one.
    /// 0 below the minimum size, <see cref="long.MaxValue"/> without settings.
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
                // Here and in CanSample the same numbers are rounded in another order: they may differ by one.
                most -= most > 0 && !CanSample(most) ? 1 : 0;
                most += CanSample(most + 1) ? 1 : 0;
            }

            return most;
        }
    }

    /// <summary>Counts an append.</summary>
    /// <param name="transitions">Its transitions.</param>
    public void Insert(long transitions) => _inserted += transitions;

    /// <summary>Counts a sample.</summary>
    /// <param name="transitions">Its transitions; negative takes back one that could not be read, if the count was not reset since.</param>
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
